"""The measurements that are shipped, one analysis a file: factories that read ``data/``."""

"""Pseudo-experiments by the public names alone, and whether numbers between 0 and 1 are uniform."""

import dataclasses

import numpy as np
from scipy import stats

import cevnsjax as cj


def draw_truth(likelihood, random, **asked):
    """Return values of the coordinates drawn from their priors, by name."""
    truth = {}
    for prior in likelihood.log_density(**asked).priors:
        if prior.width is None:
            truth[prior.name] = random.uniform(prior.low, prior.high)
        else:
            low, high = (prior.low - prior.centre) / prior.width, (prior.high - prior.centre) / prior.width
            truth[prior.name] = stats.truncnorm(low, high, prior.centre, prior.width).rvs(random_state=random)
    return truth


def draw_data(likelihood, random, values, tie=None):
    """Return the likelihood of data drawn at `values`."""
    drawn = []
    for measurement in likelihood.asimov(values, tie).measurements:
        if measurement.term.has_errors:
            observed = random.normal(measurement.observed, measurement.errors)
        else:
            observed = random.poisson(measurement.observed).astype(float)
        drawn.append(dataclasses.replace(measurement, term=dataclasses.replace(measurement.term, observed=observed)))
    return cj.Likelihood(drawn, likelihood.interaction)


def effective_draws(posterior, name, most):
    """Return at most `most` draws of one parameter, as many as are effective, spread over all."""
    draws = posterior.draws(name).ravel()
    effective = posterior.summary[name]["ess_bulk"]
    number = max(1, min(most, int(effective)))
    if posterior.independent:  # equal weights in a random order, without chains
        return draws[:number]
    return draws[(np.arange(number) * len(draws)) // number]


def normalised_rank(draws, truth, random):
    """Return the rank of the truth among the draws as a number that is uniform between 0 and 1 if all are alike."""
    return (np.sum(draws < truth) + random.uniform() * (1 + np.sum(draws == truth))) / (len(draws) + 1)


def uniformity(numbers, bins=20):
    """Return the p-values of χ² in `bins` and of Kolmogorov and Smirnov for numbers uniform between 0 and 1."""
    counts, _ = np.histogram(numbers, np.linspace(0.0, 1.0, min(bins, max(2, len(numbers) // 5)) + 1))
    return float(stats.chisquare(counts).pvalue), float(stats.kstest(numbers, "uniform").pvalue)

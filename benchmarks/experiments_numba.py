"""Opponents in numba for each experiment: χ² and its gradient over the nuisances, the loops written out by hand.

What coupling and mass of the mediator give is computed once for each point of a grid; what MINUIT then calls is one
loop over terms, rows and bins, with the derivatives beside the value. There are three of them: counts that are linear
in their strengths, a signal on the continuum and the lines of Dresden-II, and a response that nuisances move.
"""

import math

import numba
import numpy as np


@numba.njit(fastmath=True, error_model="numpy")
def deviance(expected, observed, sigma, slope):
    """Return χ² of counts, or of numbers with errors `sigma` if there are any; write its derivative to `slope`."""
    value = 0.0
    if len(sigma) > 0:
        for b in range(len(expected)):
            distance = (expected[b] - observed[b]) / sigma[b]
            value += distance * distance
            slope[b] = 2.0 * distance / sigma[b]
        return value
    for b in range(len(expected)):
        slope[b] = 2.0
        if observed[b] > 0.0:
            if expected[b] <= 0.0:
                return 1e300
            value += observed[b] * math.log(observed[b] / expected[b]) - observed[b]
            slope[b] = 2.0 - 2.0 * observed[b] / expected[b]
        value += expected[b]
    return 2.0 * value


@numba.njit(fastmath=True, error_model="numpy")
def linear_chi2(factors, templates, observed, sigma, gradient):
    """Return χ² of the sum of `templates` (template, bin) times `factors`; write its derivatives by these."""
    count, bins = templates.shape
    expected, slope = np.zeros(bins), np.empty(bins)
    for k in range(count):
        for b in range(bins):
            expected[b] += factors[k] * templates[k, b]
    value = deviance(expected, observed, sigma, slope)
    for k in range(count):
        total = 0.0
        for b in range(bins):
            total += slope[b] * templates[k, b]
        gradient[k] = total
    return value


@numba.njit(fastmath=True, error_model="numpy")
def lines_chi2(u, signal, energy, numbers, observed, sigma, gradient):
    """Return χ² of the signal on flat and exponential parts and three lines; write its derivatives.

    `u` are the flat part, the exponential one, its slope; height, centre, width of L1; the ratio of M to L1.
    """
    l2_height, l2_centre, m_ratio, m_centre, noise = numbers
    flat, size, fall, height, centre, width, ratio = u
    bins = len(energy)
    expected, slope, parts = np.empty(bins), np.empty(bins), np.empty((7, bins))
    area = m_ratio * width / noise
    for b in range(bins):
        decayed = math.exp(-fall * energy[b])
        x, y, z = (energy[b] - centre) / width, (energy[b] - l2_centre) / width, (energy[b] - m_centre) / noise
        first, second, third = math.exp(-0.5 * x * x), l2_height * math.exp(-0.5 * y * y), math.exp(-0.5 * z * z)
        expected[b] = signal[b] + flat + size * decayed + height * (first + second + ratio * area * third)
        parts[0, b] = 1.0
        parts[1, b] = decayed
        parts[2, b] = -size * energy[b] * decayed
        parts[3, b] = first + second + ratio * area * third
        parts[4, b] = height * first * x / width
        parts[5, b] = height * (first * x * x + second * y * y + ratio * area * third) / width
        parts[6, b] = height * area * third
    value = deviance(expected, observed, sigma, slope)
    for k in range(7):
        gradient[k] = slope @ parts[k]
    return value


@numba.njit(fastmath=True, error_model="numpy")
def basis(value, ends, count, knots, coefficients):
    """Return the functions of a nuisance and their derivatives: polynomials, or weights of the anchors of a spline."""
    functions, slopes = np.zeros(count), np.zeros(count)
    if len(coefficients) == 0:
        scale = 2.0 / (ends[1] - ends[0])
        x = scale * (value - ends[0]) - 1.0
        functions[0] = 1.0
        if count > 1:
            functions[1], slopes[1] = x, 1.0
        for n in range(2, count):
            functions[n] = 2.0 * x * functions[n - 1] - functions[n - 2]
            slopes[n] = 2.0 * functions[n - 1] + 2.0 * x * slopes[n - 1] - slopes[n - 2]
        return functions, slopes * scale
    for p in range(count):
        if p < 4:
            power, rise = value**p, p * value ** max(p - 1, 0)
        else:
            above = max(value - knots[p - 4], 0.0)
            power, rise = above**3, 3.0 * above**2
        for n in range(count):
            functions[n] += power * coefficients[p, n]
            slopes[n] += rise * coefficients[p, n]
    return functions, slopes


@numba.njit(fastmath=True, error_model="numpy")
def selected(table, first, step, value, share, slope):
    """Write what is selected of each row, and its derivative: a cubic through four neighbours of the table."""
    position = (value - first) / step
    row = min(max(int(position), 1), len(table) - 3)
    t = position - row
    w0, w1 = -t * (t - 1.0) * (t - 2.0) / 6.0, (t + 1.0) * (t - 1.0) * (t - 2.0) / 2.0
    w2, w3 = -t * (t + 1.0) * (t - 2.0) / 2.0, t * (t + 1.0) * (t - 1.0) / 6.0
    d0, d1 = -(3.0 * t * t - 6.0 * t + 2.0) / 6.0, (3.0 * t * t - 4.0 * t - 1.0) / 2.0
    d2, d3 = -(3.0 * t * t - 2.0 * t - 2.0) / 2.0, (3.0 * t * t - 1.0) / 6.0
    for r in range(table.shape[1]):
        a, b, c, d = table[row - 1, r], table[row, r], table[row + 1, r], table[row + 2, r]
        share[r] = w0 * a + w1 * b + w2 * c + w3 * d
        slope[r] = (d0 * a + d1 * b + d2 * c + d3 * d) / step


@numba.njit(fastmath=True, error_model="numpy")
def add_spread(rows, share, bins, spread, factor, out):
    """Add rows (component, row), each times its `share`, to their bins, spread over the cells, times `factor`."""
    binned = np.zeros(spread.shape[:2])
    cells = spread.shape[2]
    for c in range(rows.shape[0]):
        for r in range(rows.shape[1]):
            binned[c, bins[r]] += rows[c, r] * share[r]
        for b in range(binned.shape[1]):
            for t in range(cells):
                out[b * cells + t] += factor * binned[c, b] * spread[c, b, t]


@numba.njit(fastmath=True, error_model="numpy")
def moving_chi2(factors, moving, rows, axes, degrees, selection, bins, spread, templates, observed, sigma, gradient):
    """Return χ² where two nuisances move the first components, and a third selects their rows; write its derivatives.

    `rows` (component, term, flavour, row) are the components that move, `templates` those that do not; `factors` are
    of the former, then of the latter, and come first in the gradient.
    """
    first_axis, second_axis = axes
    table, start, step = selection
    first, first_slope = basis(moving[0], *first_axis)
    second, second_slope = basis(moving[1], *second_axis)
    live, terms, flavours, width = rows.shape
    fixed, cells = templates.shape
    share, share_slope = np.ones(width), np.zeros(width)
    if len(table) > 4:
        selected(table, start, step, moving[2], share, share_slope)
    each, along = np.zeros((live, cells)), np.zeros((3, cells))
    for k in range(live):
        sums, by_first, by_second = np.zeros((3, flavours, width))
        for j in range(terms):
            f, s = first[degrees[0, j]], second[degrees[1, j]]
            df, ds = first_slope[degrees[0, j]], second_slope[degrees[1, j]]
            for c in range(flavours):
                for r in range(width):
                    value = rows[k, j, c, r]
                    sums[c, r] += f * s * value
                    by_first[c, r] += df * s * value
                    by_second[c, r] += f * ds * value
        add_spread(sums, share, bins, spread, 1.0, each[k])
        add_spread(by_first, share, bins, spread, factors[k], along[0])
        if len(second) > 1:
            add_spread(by_second, share, bins, spread, factors[k], along[1])
        if len(table) > 4:
            add_spread(sums, share_slope, bins, spread, factors[k], along[2])
    expected, slope = np.zeros(cells), np.empty(cells)
    for b in range(cells):
        for k in range(live):
            expected[b] += factors[k] * each[k, b]
        for k in range(fixed):
            expected[b] += factors[live + k] * templates[k, b]
    total = deviance(expected, observed, sigma, slope)
    for k in range(live):
        gradient[k] = slope @ each[k]
    for k in range(fixed):
        gradient[live + k] = slope @ templates[k]
    for k in range(3):
        gradient[live + fixed + k] = slope @ along[k]
    return total

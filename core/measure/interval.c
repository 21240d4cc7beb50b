#include "measure/interval.h"

#include <math.h>
#include <stdlib.h>

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double middle_value(const double *sorted, size_t n)
{
    if (n == 0)
        return 0;
    return n % 2 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}

double interval_median(double *values, size_t n)
{
    if (n > 0)
        qsort(values, n, sizeof *values, by_value);
    return middle_value(values, n);
}

/* erfc is monotone, so bisection finds the inverse to the last digit. */
double interval_normal(double confidence)
{
    double low = 0, high = 40;
    for (int i = 0; i < 100; i++) {
        double z = (low + high) / 2;
        if (erfc(z / sqrt(2)) > 1 - confidence)
            low = z;
        else
            high = z;
    }
    return low;
}

/* Returns how many of `n` sorted values lie outside the interval at each end:
 * the largest k for which P(fewer than k heads in n coin tosses) <= tail. */
static size_t n_to_leave_out(size_t n, double tail)
{
    double sum = 0;
    size_t k = 0;
    while (k < n) {
        double log_of_term = lgamma((double)n + 1) - lgamma((double)k + 1) -
                             lgamma((double)(n - k) + 1) - (double)n * log(2);
        sum += exp(log_of_term);
        if (sum > tail)
            break;
        k++;
    }
    return k;
}

struct interval interval_of_median(double *values, size_t n, double confidence)
{
    struct interval result = {.value = interval_median(values, n)};
    size_t k = n_to_leave_out(n, (1 - confidence) / 2);
    result.is_known = k > 0;
    if (result.is_known) {
        result.low = values[k - 1];
        result.high = values[n - k];
    }
    return result;
}

bool interval_of_shift(const double *a, size_t n_a, const double *b, size_t n_b,
                       double confidence, double stretch,
                       struct interval *shift)
{
    size_t n = n_a * n_b;
    double *differences = malloc((n + 1) * sizeof *differences);
    if (!differences)
        return false;
    for (size_t i = 0; i < n_a; i++)
        for (size_t k = 0; k < n_b; k++)
            differences[i * n_b + k] = b[k] - a[i];
    *shift = (struct interval){.value = interval_median(differences, n)};
    double deviation = sqrt((double)n * (double)(n_a + n_b + 1) / 12);
    double rank =
        floor((double)n / 2 -
              interval_normal(confidence) * stretch * deviation - 0.5);
    shift->is_known = n_a >= INTERVAL_LEAST && n_b >= INTERVAL_LEAST &&
                      rank >= 0 && rank < (double)n;
    if (shift->is_known) {
        shift->low = differences[(size_t)rank];
        shift->high = differences[n - 1 - (size_t)rank];
    }
    free(differences);
    return true;
}

/* The estimate r is biased by -(1 + 4 r) / n (Marriott and Pope, 1954). */
double interval_likeness(const double *values, size_t n)
{
    double mean = 0, products = 0, squares = 0;
    for (size_t i = 0; i < n; i++)
        mean += values[i] / (double)n;
    for (size_t i = 0; i < n; i++) {
        double off = values[i] - mean;
        squares += off * off;
        if (i > 0)
            products += off * (values[i - 1] - mean);
    }
    if (n < 2 || squares <= 0)
        return 0;
    double likeness = products / squares;
    likeness += (1 + 4 * likeness) / (double)n;
    return fmin(fmax(likeness, 0), 0.95);
}

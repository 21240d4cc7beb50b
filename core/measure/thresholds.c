#include "measure/thresholds.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "measure/results.h"

#define PROFILE_PREFIX "profile_"

void thresholds_fini(struct thresholds *thresholds)
{
    for (unsigned i = 0; i < thresholds->n; i++)
        free(thresholds->of[i].all);
    free(thresholds->of);
    free(thresholds->selectors);
    *thresholds = THRESHOLDS_INIT;
}

bool thresholds_is_profile(const struct selector *selector)
{
    return strncmp(selector->metric, PROFILE_PREFIX,
                   sizeof PROFILE_PREFIX - 1) == 0;
}

static bool refuse_unknown_metric(const struct selector *selector,
                                  const struct metrics *metrics,
                                  struct err *err)
{
    struct buf names = BUF_INIT;
    for (unsigned i = 0; i < metrics->n; i++)
        if (!metrics->all[i]->selector)
            buf_printf(&names, "%s%s", i > 0 ? ", " : "",
                       metrics->all[i]->name);
    const char *text = buf_cstr(&names);
    err_set(err,
            "options.thresholds: there is no metric '%.100s'; known are: "
            "%s",
            selector->metric, text ? text : "");
    buf_fini(&names);
    return false;
}

static bool check_one(const struct selector *selector,
                      const struct threshold *threshold,
                      const struct metric *metric, struct err *err)
{
    static const char *const kinds[] = {
        [METRIC_COUNTER] = "Counter",
        [METRIC_GAUGE] = "Gauge",
        [METRIC_RATE] = "Rate",
        [METRIC_TREND] = "Trend",
    };
    if (threshold_suits(threshold, metric->kind))
        return true;
    return err_set(err,
                   "options.thresholds['%.200s']: '%s': a %s has no '%s', but "
                   "%s",
                   selector->text, threshold->text, kinds[metric->kind],
                   threshold->name, threshold_allowed(metric->kind));
}

static bool check_profile(const struct selector *selector,
                          const struct threshold *threshold,
                          thresholds_profile_check_fn check, struct err *err)
{
    if (check(selector, threshold->name, err))
        return true;
    return err_prefix(err,
                      "options.thresholds['%.200s']: '%s': ", selector->text,
                      threshold->text);
}

bool thresholds_check(const struct thresholds *thresholds,
                      const struct metrics *metrics,
                      thresholds_profile_check_fn check, struct err *err)
{
    for (unsigned i = 0; i < thresholds->n; i++) {
        const struct selector *selector = &thresholds->selectors[i];
        bool is_profile = check && thresholds_is_profile(selector);
        const struct metric *metric = metrics_find(metrics, selector->metric);
        if (!is_profile && !metric)
            return refuse_unknown_metric(selector, metrics, err);
        for (unsigned k = 0; k < thresholds->of[i].n; k++) {
            const struct threshold *threshold = &thresholds->of[i].all[k];
            if (is_profile ? !check_profile(selector, threshold, check, err)
                           : !check_one(selector, threshold, metric, err))
                return false;
        }
    }
    return true;
}

/* Judges one condition. Returns true if the run must be aborted. */
static bool evaluate(struct threshold *threshold, const struct metric *metric,
                     int64_t passed_ns, bool is_over)
{
    bool empty = !metric->used;
    if (empty && !is_over)
        return false;
    if (empty && metric->kind == METRIC_RATE) {
        threshold->judged = true;
        threshold->failed = false;
        threshold->value = 0;
        return false;
    }
    threshold_judge(threshold, threshold_measure(threshold, metric,
                                                 (double)passed_ns / 1e9));
    if (threshold->failed && threshold->first_failed_ns == 0)
        threshold->first_failed_ns = passed_ns;
    return threshold->failed && threshold->abort_on_fail &&
           passed_ns >= threshold->delay_ns;
}

bool thresholds_evaluate(struct thresholds *thresholds,
                         const struct results *results, int64_t now_ns)
{
    bool is_over = results->end_ns != 0, abort = false;
    int64_t end_ns = is_over ? results->end_ns : now_ns;
    for (unsigned i = 0; i < thresholds->n; i++) {
        const struct metric *metric =
            metrics_select(&results->metrics, &thresholds->selectors[i]);
        if (!metric)
            continue;
        for (unsigned k = 0; k < thresholds->of[i].n; k++)
            abort |= evaluate(&thresholds->of[i].all[k], metric,
                              end_ns - results->start_ns, is_over);
    }
    return abort;
}

void thresholds_evaluate_profiles(struct thresholds *thresholds,
                                  thresholds_profile_fn measure, void *ctx)
{
    for (unsigned i = 0; i < thresholds->n; i++) {
        const struct selector *selector = &thresholds->selectors[i];
        if (!thresholds_is_profile(selector))
            continue;
        for (unsigned k = 0; k < thresholds->of[i].n; k++) {
            struct threshold *threshold = &thresholds->of[i].all[k];
            struct err err = {""};
            double value = 0;
            bool ok = measure(ctx, selector, threshold->name, &value, &err);
            threshold_judge(threshold, value);
            threshold->failed |= !ok;
            snprintf(threshold->note, sizeof threshold->note, "%s",
                     err.message);
        }
    }
}

unsigned thresholds_count(const struct thresholds *thresholds)
{
    unsigned n = 0;
    for (unsigned i = 0; i < thresholds->n; i++)
        n += thresholds->of[i].n;
    return n;
}

unsigned thresholds_count_failed(const struct thresholds *thresholds)
{
    unsigned n = 0;
    for (unsigned i = 0; i < thresholds->n; i++)
        for (unsigned k = 0; k < thresholds->of[i].n; k++)
            n += thresholds->of[i].all[k].failed;
    return n;
}

const struct metric_thresholds *thresholds_of(const struct thresholds *all,
                                              const char *title)
{
    for (unsigned i = 0; i < all->n; i++)
        if (strcmp(all->selectors[i].text, title) == 0)
            return &all->of[i];
    return NULL;
}

#include "target/profile_thresholds.h"

#include <string.h>

#include "target/profile_capture.h"
#include "target/profile_metric.h"
#include "target/profile_options.h"
#include "measure/thresholds.h"

static struct profile_question question_of(const struct selector *selector,
                                           const char *aggregation)
{
    return (struct profile_question){
        .metric = selector->metric,
        .function = selector_get(selector, "function"),
        .name = selector_get(selector, "name"),
        .aggregation = aggregation,
    };
}

bool profile_thresholds_check(const struct selector *selector,
                              const char *aggregation, struct err *err)
{
    struct profile_question question = question_of(selector, aggregation);
    for (unsigned i = 0; i < selector->n_tags; i++) {
        const char *key = selector->tags[i].key;
        if (strcmp(key, "function") != 0 && strcmp(key, "name") != 0)
            return err_set(err,
                           "a profile has no tag '%.100s', only function "
                           "and name",
                           key);
    }
    return profile_metric_check(&question, err);
}

/* Adds a kind that answers the question, unless one is wanted already. */
static void want_kind(const struct profile_question *question,
                      struct profile_options *options)
{
    const struct profile_kind *kinds[PROFILE_N_KINDS];
    unsigned n = profile_metric_kinds(question, kinds);
    for (unsigned i = 0; i < n; i++)
        if (options->wants[profile_kind_id(kinds[i])])
            return;
    options->wants[profile_kind_id(kinds[0])] = true;
}

bool profile_thresholds_want(const struct thresholds *thresholds,
                             struct profile_options *options, struct err *err)
{
    for (unsigned i = 0; i < thresholds->n; i++) {
        const struct selector *selector = &thresholds->selectors[i];
        if (!thresholds_is_profile(selector))
            continue;
        for (unsigned k = 0; k < thresholds->of[i].n; k++) {
            const struct threshold *threshold = &thresholds->of[i].all[k];
            struct profile_question question =
                question_of(selector, threshold->name);
            if (!profile_thresholds_check(selector, threshold->name, err))
                return err_prefix(err, "options.thresholds['%.200s']: '%s': ",
                                  selector->text, threshold->text);
            want_kind(&question, options);
        }
    }
    return true;
}

bool profile_thresholds_measure(void *ctx, const struct selector *selector,
                                const char *aggregation, double *value,
                                struct err *err)
{
    struct profile_question question = question_of(selector, aggregation);
    struct profile_answer answer;
    if (!profile_capture_evaluate(ctx, &question, &answer, err))
        return false;
    *value = answer.value;
    err_set(err, "%s", answer.note);
    return true;
}

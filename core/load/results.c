#include "load/results.h"

bool results_init(struct results *results)
{
    *results = (struct results){0};
    bool ok = metrics_init(&results->metrics);
    return checks_init(&results->checks) && ok;
}

void results_fini(struct results *results)
{
    checks_fini(&results->checks);
    metrics_fini(&results->metrics);
}

bool results_merge(struct results *into, struct results *from)
{
    bool ok = metrics_merge(&into->metrics, &from->metrics);
    ok = checks_merge(&into->checks, &from->checks) && ok;
    outcome_merge(&into->outcome, &from->outcome);
    into->n_script_errors += from->n_script_errors;
    into->n_interrupted += from->n_interrupted;
    from->n_script_errors = from->n_interrupted = 0;
    return ok;
}

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

/* metrics_merge.c -- metrics_merge: moves the values of one generator to the
 * metrics of the whole test. */
#include <string.h>

#include "base/log.h"
#include "measure/metrics.h"

/* Scripts of different generators may define one name with different kinds. */
static void note_conflict(struct metric *metric)
{
    metric->conflicts = true;
    log_write(LOG_WARN, "metric_conflict",
              LOG_FIELDS(log_text("metric", metric->name),
                         log_text("note", "another virtual user made it with "
                                          "another kind: its values are not "
                                          "counted")));
}

static struct metric *find_target(struct metrics *into, struct metric *metric)
{
    struct err err;
    struct metric *target = metrics_find(into, metric->name);
    if (!target)
        target = metrics_define(into, metric->name, metric->kind, metric->unit,
                                &err);
    if (target && metric->selector)
        target = metrics_need_sub(target, metric->selector);
    if (!target)
        return NULL;
    if (target->kind != metric->kind || target->unit != metric->unit)
        note_conflict(metric);
    metric->merged_into = target;
    return target;
}

static void merge_gauge(struct metric *into, const struct metric *from)
{
    if (!into->used || from->least < into->least)
        into->least = from->least;
    if (!into->used || from->greatest > into->greatest)
        into->greatest = from->greatest;
    if (!into->used || from->last_ns >= into->last_ns) {
        into->last = from->last;
        into->last_ns = from->last_ns;
    }
}

static void merge_metric(struct metric *into, struct metric *from)
{
    if (!from->conflicts) {
        if (from->kind == METRIC_GAUGE)
            merge_gauge(into, from);
        histogram_merge(&into->values, &from->values);
        into->sum += from->sum;
        into->count += from->count;
        into->used = true;
    }
    from->sum = 0;
    from->count = 0;
    from->used = false;
}

bool metrics_merge(struct metrics *into, struct metrics *from)
{
    bool ok = true;
    for (unsigned i = 0; i < from->n; i++) {
        struct metric *metric = from->all[i];
        struct metric *target = metric->merged_into;
        if (!target)
            target = find_target(into, metric);
        if (target && metric->used)
            merge_metric(target, metric);
        ok = ok && target;
    }
    return ok;
}

/* profile_overhead_section.c -- writes the profiler's cost into the summary. */
#include "measure/format.h"
#include "target/profile_overhead.h"

#define TEXT_MAX 64

/* Appends ": -1.1 % (95 % interval -1.9 % to -0.2 %)" and its meaning. */
static void put_change(struct buf *out, const struct interval *change,
                       const char *unit)
{
    buf_printf(out, ": %+.2f %s", change->value, unit);
    if (!change->is_known) {
        buf_puts(out, ", too few pairs for an interval\n");
        return;
    }
    buf_printf(out, " (%.0f %% interval %+.2f to %+.2f)%s\n",
               100 * PROFILE_OVERHEAD_CONFIDENCE, change->low, change->high,
               change->low <= 0 && change->high >= 0
                   ? ", no significant difference"
                   : "");
}

void profile_overhead_write(struct buf *out, const struct profile_overhead *o)
{
    struct profile_overhead_result result;
    char on[TEXT_MAX], off[TEXT_MAX];
    buf_puts(out, "    PROFILER OVERHEAD\n");
    if (!profile_overhead_result(o, &result)) {
        buf_puts(out, "    out of memory\n\n");
        return;
    }
    if (result.failure)
        buf_printf(out, "    cpu profile: %s\n", result.failure);
    if (result.n_pairs == 0) {
        buf_puts(out, "    no pair of windows, with the CPU profiler on and "
                      "off, was complete\n\n");
        return;
    }
    buf_printf(out,
               "    CPU profiler on and off in turn, %u pairs of windows of "
               "%.2f s each\n",
               result.n_pairs, result.window_seconds);
    buf_printf(out, "    requests/s: %.0f on, %.0f off", result.rate_on,
               result.rate_off);
    put_change(out, &result.rate_percent, "%");
    format_time(on, sizeof on, result.p99_on);
    format_time(off, sizeof off, result.p99_off);
    buf_printf(out, "    p99: %s on, %s off", on, off);
    put_change(out, &result.p99_ms, "ms");
    buf_putc(out, '\n');
}

static void write_interval(struct json_writer *json, const char *name,
                           const struct interval *interval)
{
    json_begin_object(json, name);
    json_significant(json, "value", 6, interval->value);
    if (interval->is_known) {
        json_significant(json, "low", 6, interval->low);
        json_significant(json, "high", 6, interval->high);
    }
    json_end_object(json);
}

void profile_overhead_write_json(struct json_writer *json,
                                 const struct profile_overhead *o)
{
    struct profile_overhead_result result;
    if (!profile_overhead_result(o, &result)) {
        json_null(json, "profiler_overhead");
        return;
    }
    json_begin_object(json, "profiler_overhead");
    json_int(json, "pairs", result.n_pairs);
    if (result.failure)
        json_text(json, "error", result.failure);
    json_significant(json, "rate_on", 6, result.rate_on);
    json_significant(json, "rate_off", 6, result.rate_off);
    json_significant(json, "p99_on", 6, result.p99_on);
    json_significant(json, "p99_off", 6, result.p99_off);
    write_interval(json, "rate_percent", &result.rate_percent);
    write_interval(json, "p99_ms", &result.p99_ms);
    json_end_object(json);
}

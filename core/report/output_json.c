/* output_json.c -- k6's JSON lines: a `Metric` before its first sample, a
 * `Point` for each sample.
 *
 *   {"metric":"http_reqs","type":"Point","data":{"time":"...","value":1,
 *    "tags":{...}}}
 */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/json.h"
#include "load/config.h"
#include "report/output.h"

#define SECOND_NS INT64_C(1000000000)
#define EXACT 9007199254740992.0 /* 2^53 */

static void put_text(struct buf *out, const char *text)
{
    json_put_string(out, text, strlen(text));
}

/* 1, where json_put_number would say 1.0. */
static void put_number(struct buf *out, double value)
{
    if (floor(value) == value && fabs(value) < EXACT)
        json_put_integer(out, (int64_t)value);
    else
        json_put_number(out, value);
}

static void put_tag(void *ctx, const char *key, struct tag_value value)
{
    struct buf *out = ctx;
    if (out->len > 0 && out->data[out->len - 1] != '{')
        buf_putc(out, ',');
    put_text(out, key);
    buf_putc(out, ':');
    json_put_string(out, value.at, value.n);
}

static void put_tags(struct buf *out, const struct tags *tags,
                     struct buf *scratch)
{
    buf_putc(out, '{');
    tags_each(tags, scratch, put_tag, out);
    buf_putc(out, '}');
}

static void put_selector(struct buf *out, const struct selector *selector)
{
    struct tag_value inside = selector_inside(selector);
    buf_puts(out, "{\"name\":");
    put_text(out, selector->text);
    buf_puts(out, ",\"suffix\":");
    json_put_string(out, inside.at, inside.n);
    buf_puts(out, ",\"tags\":{");
    for (unsigned i = 0; i < selector->n_tags; i++) {
        buf_puts(out, i > 0 ? "," : "");
        put_text(out, selector->tags[i].key);
        buf_putc(out, ':');
        put_text(out, selector->tags[i].value);
    }
    buf_puts(out, "}}");
}

static void put_subs(struct buf *out, const struct metric *metric)
{
    if (metric->n_subs == 0) {
        buf_puts(out, "null");
        return;
    }
    buf_putc(out, '[');
    for (unsigned i = 0; i < metric->n_subs; i++) {
        buf_puts(out, i > 0 ? "," : "");
        put_selector(out, metric->subs[i]->selector);
    }
    buf_putc(out, ']');
}

static void put_thresholds(struct buf *out, const struct report *report,
                           const struct metric *metric)
{
    const struct metric_thresholds *of =
        thresholds_of(&report->config->thresholds, metric->name);
    buf_putc(out, '[');
    for (unsigned i = 0; of && i < of->n; i++) {
        buf_puts(out, i > 0 ? "," : "");
        put_text(out, of->all[i].text);
    }
    buf_putc(out, ']');
}

static void put_metric(struct buf *out, const struct metric *metric,
                       const struct report *report)
{
    static const char *const kinds[] = {
        [METRIC_COUNTER] = "counter",
        [METRIC_GAUGE] = "gauge",
        [METRIC_RATE] = "rate",
        [METRIC_TREND] = "trend",
    };
    static const char *const units[] = {
        [METRIC_PLAIN] = "default",
        [METRIC_TIME] = "time",
        [METRIC_DATA] = "data",
    };
    buf_puts(out, "{\"type\":\"Metric\",\"data\":{\"name\":");
    put_text(out, metric->name);
    buf_printf(out, ",\"type\":\"%s\",\"contains\":\"%s\",\"thresholds\":",
               kinds[metric->kind], units[metric->unit]);
    put_thresholds(out, report, metric);
    buf_puts(out, ",\"submetrics\":");
    put_subs(out, metric);
    buf_puts(out, "},\"metric\":");
    put_text(out, metric->name);
    buf_puts(out, "}\n");
}

/* "2026-01-02T03:04:05.123456789Z" */
static void put_time(struct buf *out, int64_t time_ns)
{
    static _Thread_local time_t last = -1;
    static _Thread_local char text[32];
    time_t seconds = (time_t)(time_ns / SECOND_NS);
    struct tm tm;
    if (seconds != last && gmtime_r(&seconds, &tm)) {
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
        last = seconds;
    }
    buf_printf(out, "%s.%09dZ", text, (int)(time_ns % SECOND_NS));
}

static void put_sample(struct buf *out, const struct metric_sample *sample,
                       const struct buf *tags)
{
    buf_puts(out, "{\"metric\":");
    put_text(out, sample->metric->name);
    buf_puts(out, ",\"type\":\"Point\",\"data\":{\"time\":\"");
    put_time(out, sample->time_ns);
    buf_puts(out, "\",\"value\":");
    put_number(out, sample->value);
    buf_puts(out, ",\"tags\":");
    buf_append(out, tags->data, tags->len);
    buf_puts(out, "}}\n");
}

const struct output_kind output_json = {
    .name = "json",
    .about = "each sample, as k6 writes it",
    .metric = put_metric,
    .tags = put_tags,
    .sample = put_sample,
};

/* output_json.c -- writes k6's JSON lines: a `Metric` before its first sample,
 * a `Point` for each sample.
 *
 *   {"metric":"http_reqs","type":"Point","data":{"time":"...","value":1,
 *    "tags":{...}}}
 */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/json.h"
#include "base/json_writer.h"
#include "load/config.h"
#include "report/output.h"

#define SECOND_NS INT64_C(1000000000)
#define EXACT 9007199254740992.0 /* 2^53 */

/* Writes 1 where json_put_number would write 1.0. */
static void put_json_number(struct buf *out, double value)
{
    if (floor(value) == value && fabs(value) < EXACT)
        json_put_integer(out, (int64_t)value);
    else
        json_put_number(out, value);
}

static void write_json_tag(void *ctx, const char *key, struct tag_value value)
{
    json_bytes(ctx, key, value.at, value.n);
}

static void put_json_tags(struct buf *out, const struct tags *tags,
                          struct buf *scratch)
{
    struct json_writer json = {.out = out};
    json_begin_object(&json, NULL);
    tags_each(tags, scratch, write_json_tag, &json);
    json_end_object(&json);
}

static void write_selector(struct json_writer *json,
                           const struct selector *selector)
{
    struct tag_value inside = selector_inside(selector);
    json_begin_object(json, NULL);
    json_text(json, "name", selector->text);
    json_bytes(json, "suffix", inside.at, inside.n);
    json_begin_object(json, "tags");
    for (unsigned i = 0; i < selector->n_tags; i++)
        json_text(json, selector->tags[i].key, selector->tags[i].value);
    json_end_object(json);
    json_end_object(json);
}

static void write_subs(struct json_writer *json, const struct metric *metric)
{
    if (metric->n_subs == 0) {
        json_null(json, "submetrics");
        return;
    }
    json_begin_array(json, "submetrics");
    for (unsigned i = 0; i < metric->n_subs; i++)
        write_selector(json, metric->subs[i]->selector);
    json_end_array(json);
}

static void write_metric_thresholds(struct json_writer *json,
                                    const struct report *report,
                                    const struct metric *metric)
{
    const struct metric_thresholds *of =
        thresholds_of(&report->config->thresholds, metric->name);
    json_begin_array(json, "thresholds");
    for (unsigned i = 0; of && i < of->n; i++)
        json_text(json, NULL, of->all[i].text);
    json_end_array(json);
}

static void put_json_metric(struct buf *out, const struct metric *metric,
                            const struct report *report)
{
    struct json_writer json = {.out = out};
    json_begin_object(&json, NULL);
    json_text(&json, "type", "Metric");
    json_begin_object(&json, "data");
    json_text(&json, "name", metric->name);
    json_text(&json, "type", metric_kind_names[metric->kind]);
    json_text(&json, "contains", metric_unit_names[metric->unit]);
    write_metric_thresholds(&json, report, metric);
    write_subs(&json, metric);
    json_end_object(&json);
    json_text(&json, "metric", metric->name);
    json_end_object(&json);
    buf_putc(out, '\n');
}

/* "2026-01-02T03:04:05.123456789Z" */
static void put_json_time(struct buf *out, int64_t time_ns)
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

/* Appends a sample. The form is always the same, so the text is written
 * directly, which is faster than a JSON writer. */
static void put_json_sample(struct buf *out, const struct metric_sample *sample,
                            const struct buf *tags)
{
    buf_puts(out, "{\"metric\":");
    json_put_string(out, sample->metric->name, strlen(sample->metric->name));
    buf_puts(out, ",\"type\":\"Point\",\"data\":{\"time\":\"");
    put_json_time(out, sample->time_ns);
    buf_puts(out, "\",\"value\":");
    put_json_number(out, sample->value);
    buf_puts(out, ",\"tags\":");
    buf_append(out, tags->data, tags->len);
    buf_puts(out, "}}\n");
}

const struct output_kind output_json = {
    .name = "json",
    .about = "each sample, as k6 writes it",
    .metric = put_json_metric,
    .tags = put_json_tags,
    .sample = put_json_sample,
};

/* output_csv.c -- writes each sample as a line of CSV, in k6's columns. Each
 * system tag has a column; a script's tags stand in extra_tags as
 * key=value&key=value. */
#include <math.h>
#include <string.h>

#include "base/json.h"
#include "report/output.h"

#define SECOND_NS INT64_C(1000000000)
#define SMALL 1e9 /* its millionths are exact in a double */

/* k6's columns, sorted; those that are not measured here stay empty. */
static const char *const columns[] = {
    "check",       "error",   "error_code", "expected_response",
    "group",       "method",  "name",       "proto",
    "scenario",    "service", "status",     "subproto",
    "tls_version", "url",
};
static const size_t n_columns = sizeof columns / sizeof *columns;

static void put_header(struct output *output)
{
    struct buf line = BUF_INIT;
    buf_puts(&line, "metric_name,timestamp,metric_value,");
    for (size_t i = 0; i < n_columns; i++)
        buf_printf(&line, "%s,", columns[i]);
    buf_puts(&line, "extra_tags,metadata\n");
    output_file_write(&output->file, &line);
    buf_fini(&line);
}

static bool is_special(char c)
{
    return c == ',' || c == '"' || c == '\n' || c == '\r';
}

/* Appends a field, in quotes if necessary. */
static void put_field(struct buf *out, const char *at, size_t n)
{
    bool quoted = n > 0 && (at[0] == ' ' || at[0] == '\t');
    for (size_t i = 0; i < n; i++)
        quoted = quoted || is_special(at[i]);
    if (!quoted) {
        buf_append(out, at, n);
        return;
    }
    buf_putc(out, '"');
    for (size_t i = 0; i < n; i++) {
        if (at[i] == '"')
            buf_putc(out, '"');
        buf_putc(out, at[i]);
    }
    buf_putc(out, '"');
}

static bool has_column(const char *key)
{
    for (size_t i = 0; i < n_columns; i++)
        if (strcmp(columns[i], key) == 0)
            return true;
    return false;
}

static void put_extra(void *ctx, const char *key, struct tag_value value)
{
    struct buf *out = ctx;
    if (has_column(key))
        return;
    buf_printf(out, "%s%s=", out->len ? "&" : "", key);
    buf_append(out, value.at, value.n);
}

/* Appends the columns after the value. */
static void put_csv_tags(struct buf *out, const struct tags *tags,
                         struct buf *scratch)
{
    struct buf extra = BUF_INIT;
    for (size_t i = 0; i < n_columns; i++) {
        struct tag_value value =
            tags_get(tags, tag_find(columns[i]), columns[i], scratch);
        if (value.at)
            put_field(out, value.at, value.n);
        buf_putc(out, ',');
    }
    tags_each(tags, scratch, put_extra, &extra);
    put_field(out, extra.data, extra.len);
    out->failed |= extra.failed;
    buf_fini(&extra);
    buf_puts(out, ",\n");
}

/* Appends 6 decimals. printf's "%f" would take as long as all other work. */
static void put_csv_value(struct buf *out, double value)
{
    if (!(fabs(value) < SMALL)) {
        buf_printf(out, "%f", value);
        return;
    }
    int64_t millionths = llrint(fabs(value) * 1e6);
    char decimals[7] = ".000000", *at = decimals + sizeof decimals;
    if (value < 0)
        buf_putc(out, '-');
    json_put_integer(out, millionths / 1000000);
    for (int64_t rest = millionths % 1000000; rest > 0; rest /= 10)
        *--at = (char)('0' + rest % 10);
    buf_append(out, decimals, sizeof decimals);
}

static void put_csv_sample(struct buf *out, const struct metric_sample *sample,
                           const struct buf *tags)
{
    buf_puts(out, sample->metric->name);
    buf_putc(out, ',');
    json_put_integer(out, sample->time_ns / SECOND_NS);
    buf_putc(out, ',');
    put_csv_value(out, sample->value);
    buf_putc(out, ',');
    buf_append(out, tags->data, tags->len);
}

const struct output_kind output_csv = {
    .name = "csv",
    .about = "the same in k6's columns",
    .open = put_header,
    .tags = put_csv_tags,
    .sample = put_csv_sample,
};

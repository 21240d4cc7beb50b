/* output_hgrm.c -- writes percentiles in the format of HdrHistogram's
 * outputPercentileDistribution, for its plotters: those of http_req_latency,
 * and in a second file beside it (out.hgrm, out.duration.hgrm) those of
 * http_req_duration. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/output.h"
#include "measure/results.h"

#define TICKS                                                                  \
    5 /* per half of what is left to 100 %: HdrHistogram's default             \
       */

static void put_hgrm_row(struct buf *out, const struct histogram *values,
                         double quantile)
{
    double value = histogram_quantile(values, quantile);
    uint64_t count = histogram_count_upto(values, value);
    buf_printf(out, "%12.3f %14.12f %10llu", value, quantile,
               (unsigned long long)count);
    if (quantile < 1)
        buf_printf(out, " %14.2f", 1 / (1 - quantile));
    buf_putc(out, '\n');
}

/* Appends the rows. The steps become smaller towards 1, down to a single value.
 */
static void put_rows(struct buf *out, const struct histogram *values)
{
    double quantile = 0;
    while (values->count > 0 && (1 - quantile) * (double)values->count > 1) {
        put_hgrm_row(out, values, quantile);
        double half = pow(2, floor(log2(1 / (1 - quantile))) + 1);
        quantile += 1 / (TICKS * half);
    }
    put_hgrm_row(out, values, 1);
}

static void put_distribution(struct buf *out, const struct histogram *values)
{
    double n = (double)values->count;
    buf_printf(out, "%12s %14s %10s %14s\n\n", "Value", "Percentile",
               "TotalCount", "1/(1-Percentile)");
    put_rows(out, values);
    buf_printf(out, "#[Mean    = %12.3f, StdDeviation   = %12.3f]\n",
               n > 0 ? values->sum / n : 0, histogram_deviation(values));
    buf_printf(out, "#[Max     = %12.3f, Total count    = %12.0f]\n",
               values->greatest, n);
    buf_printf(out, "#[Buckets = %12d, SubBuckets     = %12d]\n",
               HISTOGRAM_POWERS, HISTOGRAM_BUCKETS);
}

/* Makes "out.duration.hgrm" from "out.hgrm". */
static void insert_in_name(char *out, size_t size, const char *path,
                           const char *what)
{
    const char *slash = strrchr(path, '/');
    const char *dot = strrchr(slash ? slash : path, '.');
    size_t n = dot ? (size_t)(dot - path) : strlen(path);
    snprintf(out, size, "%.*s.%s%s", (int)n, path, what, path + n);
}

static void write_beside(struct output *output, const struct histogram *values)
{
    char path[OUTPUT_PATH_MAX + 16];
    struct output_file file = {.fd = -1};
    struct buf text = BUF_INIT;
    struct err err;
    insert_in_name(path, sizeof path, output->path, "duration");
    put_distribution(&text, values);
    if (output_file_open(&file, path, &err)) {
        output_file_write(&file, &text);
        output_file_close(&file, path, &err);
    }
    if (file.error && output->file.error == 0)
        output->file.error = file.error;
    buf_fini(&text);
}

static void write_percentiles(struct output *output,
                              const struct report *report)
{
    struct metric *const *all = report->results->metrics.all;
    struct buf text = BUF_INIT;
    put_distribution(&text, &all[METRIC_HTTP_REQ_LATENCY]->values);
    output_file_write(&output->file, &text);
    buf_fini(&text);
    write_beside(output, &all[METRIC_HTTP_REQ_DURATION]->values);
}

const struct output_kind output_hgrm = {
    .name = "hgrm",
    .about = "percentiles for HdrHistogram's plotters",
    .close = write_percentiles,
};

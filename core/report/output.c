#include "report/output.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "client/transfer.h"

#define MUCH ((size_t)64 << 10)
#define OLD_NS INT64_C(1000000000)

static const struct output_kind *const kinds[] = {
    &output_json, &output_csv, &output_hgrm, &output_html, &output_summary,
};
static const size_t n_kinds = sizeof kinds / sizeof *kinds;

/* The tap between the metrics of one generator and the outputs. */
struct output_tap {
    struct outputs *outputs;
    struct {
        struct buf lines;
        struct buf tags; /* of the last sample */
    } of[OUTPUTS_MAX];
    int64_t flushed_ns; /* monotonic */

    /* The transfer that `tags` belong to, NULL if no other sample can share
     * them. */
    const struct transfer *transfer;
    int64_t transfer_start_ns, transfer_done_ns;
    int64_t
        time_ns; /* time of these samples; one for a whole request, as in k6 */
};

void outputs_init(struct outputs *outputs)
{
    *outputs = (struct outputs){.n = 0};
    pthread_mutex_init(&outputs->lock, NULL);
}

void outputs_describe(char *out, size_t size)
{
    size_t n = (size_t)snprintf(out, size,
                                "Write the run down, too; may be "
                                "given again. A FILE.gz is "
                                "compressed.");
    for (size_t i = 0; i < n_kinds && n < size; i++)
        n += (size_t)snprintf(out + n, size - n, " %s: %s%s", kinds[i]->name,
                              kinds[i]->about, i + 1 < n_kinds ? ";" : "");
}

static bool unknown(const char *text, struct err *err)
{
    struct buf names = BUF_INIT;
    for (size_t i = 0; i < n_kinds; i++)
        buf_printf(&names, "%s%s=FILE", i > 0 ? ", " : "", kinds[i]->name);
    const char *known = buf_cstr(&names);
    err_set(err, "'%.200s' is no output; there are %s", text,
            known ? known : "");
    buf_fini(&names);
    return false;
}

bool outputs_add(struct outputs *outputs, const char *text, struct err *err)
{
    const char *equals = strchr(text, '=');
    size_t n = equals ? (size_t)(equals - text) : 0;
    size_t i = 0;
    while (i < n_kinds && (strlen(kinds[i]->name) != n ||
                           memcmp(kinds[i]->name, text, n) != 0))
        i++;
    if (i == n_kinds || equals[1] == '\0')
        return unknown(text, err);
    if (outputs->n == OUTPUTS_MAX)
        return err_set(err, "more than %d outputs", OUTPUTS_MAX);
    if (strlen(equals + 1) > OUTPUT_PATH_MAX)
        return err_set(err, "the path is longer than %d bytes",
                       OUTPUT_PATH_MAX);
    struct output *output = &outputs->all[outputs->n++];
    *output = (struct output){.kind = kinds[i], .file = {.fd = -1}};
    strcpy(output->path, equals + 1);
    outputs->take_samples |= kinds[i]->sample != NULL;
    outputs->take_endpoints |= kinds[i]->endpoints;
    return true;
}

bool outputs_path(char out[OUTPUT_PATH_MAX + 1], const char *dir,
                  const char *file)
{
    bool bare = !strchr(file, '/') && dir && strcmp(dir, ".") != 0;
    int n = snprintf(out, OUTPUT_PATH_MAX + 1, "%s%s%s", bare ? dir : "",
                     bare ? "/" : "", file);
    return n >= 0 && n <= OUTPUT_PATH_MAX;
}

/* Sets the paths; makes `dir` if a file goes there. */
static bool place_files(struct outputs *outputs, const char *dir,
                        struct err *err)
{
    for (unsigned i = 0; i < outputs->n; i++) {
        struct output *output = &outputs->all[i];
        char path[OUTPUT_PATH_MAX + 1];
        if (!outputs_path(path, dir, output->path))
            return err_set(err, "%s: the path is too long", output->path);
        if (strcmp(path, output->path) != 0 && !file_make_folder(dir, err))
            return false;
        if (!file_check_folder(path, err))
            return false;
        strcpy(output->path, path);
    }
    return true;
}

/* No file is truncated before all folders exist. */
bool outputs_open(struct outputs *outputs, const char *dir,
                  const struct report *report, struct err *err)
{
    outputs->report = report;
    outputs->announced = calloc(METRICS_MAX, sizeof *outputs->announced);
    if (!outputs->announced)
        return err_set(err, "out of memory");
    if (!place_files(outputs, dir, err))
        return false;
    for (unsigned i = 0; i < outputs->n; i++) {
        struct output *output = &outputs->all[i];
        if (!output_file_open(&output->file, output->path, err))
            return false;
        if (output->kind->open)
            output->kind->open(output);
    }
    return true;
}

/* --- samples ----------------------------------------------------------------
 */

static bool is_announced(const struct outputs *outputs, const char *name)
{
    for (unsigned i = 0; i < outputs->n_announced; i++)
        if (strcmp(outputs->announced[i], name) == 0)
            return true;
    return false;
}

/* Writes the lines before a metric's first sample to the file at once, because
 * they must come before a sample of any generator. */
static void announce(struct outputs *outputs, struct metric *metric)
{
    pthread_mutex_lock(&outputs->lock);
    if (!is_announced(outputs, metric->name) &&
        outputs->n_announced < METRICS_MAX) {
        strcpy(outputs->announced[outputs->n_announced++], metric->name);
        for (unsigned i = 0; i < outputs->n; i++) {
            struct output *output = &outputs->all[i];
            struct buf lines = BUF_INIT;
            if (output->kind->metric)
                output->kind->metric(&lines, metric, outputs->report);
            output_file_write(&output->file, &lines);
            buf_fini(&lines);
        }
    }
    pthread_mutex_unlock(&outputs->lock);
    metric->announced = true;
}

static void flush_tap(struct output_tap *tap, unsigned i)
{
    struct buf *lines = &tap->of[i].lines;
    output_file_write(&tap->outputs->all[i].file, lines);
    lines->len = 0;
    lines->failed = false;
}

/* Returns true if the tags are those of the previous sample. The samples of one
 * request follow each other. */
static bool are_the_last(const struct output_tap *tap, const struct tags *tags)
{
    const struct transfer *transfer = tags ? tags->transfer : NULL;
    return transfer && transfer == tap->transfer &&
           transfer->times.start_ns == tap->transfer_start_ns &&
           transfer->times.done_ns == tap->transfer_done_ns;
}

/* Keeps the tags and the time of a sample. */
static void take_tags(struct output_tap *tap, const struct tags *tags,
                      struct buf *scratch)
{
    if (are_the_last(tap, tags))
        return;
    for (unsigned i = 0; i < tap->outputs->n; i++) {
        const struct output_kind *kind = tap->outputs->all[i].kind;
        tap->of[i].tags.len = 0;
        if (kind->sample)
            kind->tags(&tap->of[i].tags, tags, scratch);
    }
    tap->time_ns = clock_wall_ns();
    tap->transfer = tags ? tags->transfer : NULL;
    if (tap->transfer) {
        tap->transfer_start_ns = tap->transfer->times.start_ns;
        tap->transfer_done_ns = tap->transfer->times.done_ns;
    }
}

static void take_sample(void *ctx, struct metric *metric, double value,
                        const struct tags *tags)
{
    struct output_tap *tap = ctx;
    struct outputs *outputs = tap->outputs;
    if (!metric->announced)
        announce(outputs, metric);
    take_tags(tap, tags, &metric->owner->scratch);
    struct metric_sample sample = {metric, value, tap->time_ns};
    for (unsigned i = 0; i < outputs->n; i++) {
        struct buf *lines = &tap->of[i].lines;
        if (!outputs->all[i].kind->sample)
            continue;
        outputs->all[i].kind->sample(lines, &sample, &tap->of[i].tags);
        if (lines->len >= MUCH || lines->failed)
            flush_tap(tap, i);
    }
}

static void flush_old(void *ctx, bool all)
{
    struct output_tap *tap = ctx;
    int64_t now_ns = clock_mono_ns();
    if (!all && now_ns - tap->flushed_ns < OLD_NS)
        return;
    for (unsigned i = 0; i < tap->outputs->n; i++)
        flush_tap(tap, i);
    tap->flushed_ns = now_ns;
}

static void close_tap(void *ctx)
{
    struct output_tap *tap = ctx;
    flush_old(tap, true);
    for (unsigned i = 0; i < OUTPUTS_MAX; i++) {
        buf_fini(&tap->of[i].lines);
        buf_fini(&tap->of[i].tags);
    }
    free(tap);
}

static const struct metrics_tap output_tap = {take_sample, flush_old,
                                              close_tap};

bool outputs_attach(struct outputs *outputs, struct metrics *metrics)
{
    if (!outputs->take_samples)
        return true;
    struct output_tap *tap = calloc(1, sizeof *tap);
    if (!tap)
        return false;
    tap->outputs = outputs;
    metrics_set_tap(metrics, &output_tap, tap);
    return true;
}

/* --- the run ------------------------------------------------------------- */

void outputs_tick(struct outputs *outputs)
{
    for (unsigned i = 0; i < outputs->n; i++) {
        struct output *output = &outputs->all[i];
        if (output->kind->tick)
            output->kind->tick(output, outputs->report);
    }
}

bool outputs_close(struct outputs *outputs, struct err *err)
{
    bool ok = true;
    for (unsigned i = 0; i < outputs->n; i++) {
        struct output *output = &outputs->all[i];
        if (output->file.fd >= 0 && output->kind->close)
            output->kind->close(output, outputs->report);
        if (output->err.message[0] && ok)
            ok = err_set(err, "%s: %s", output->path, output->err.message);
        ok = output_file_close(&output->file, output->path, ok ? err : NULL) &&
             ok;
    }
    return ok;
}

void outputs_fini(struct outputs *outputs)
{
    for (unsigned i = 0; i < outputs->n; i++)
        output_file_close(&outputs->all[i].file, outputs->all[i].path, NULL);
    free(outputs->announced);
    pthread_mutex_destroy(&outputs->lock);
}

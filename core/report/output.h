/* output.h -- what writes a run down: `-o json=FILE` and the like.
 *
 * One output per file, behind this interface; output.c lists them. Each
 * sample of each generator passes by an output that wants them, which appends
 * lines to a buffer of that generator's; whole buffers go to the file.
 *
 *   outputs_add     from the command line
 *   outputs_open    before the run: what cannot be written is said now
 *   outputs_attach  for each generator's metrics, and those of the main thread
 *   outputs_tick    when results have come in
 *   outputs_close   when the run is over
 *
 * Path: metrics.c -> [output] -> output_json.c, ... -> output_file.c
 */
#ifndef REPORT_OUTPUT_H
#define REPORT_OUTPUT_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "measure/metrics.h"
#include "report/output_file.h"
#include "report/report.h"

#define OUTPUTS_MAX 16
#define OUTPUT_PATH_MAX 4095

struct output;

struct metric_sample {
    const struct metric *metric;
    double value;
    int64_t time_ns; /* since 1970 */
};

struct output_kind {
    const char *name;
    const char *about; /* for --help */

    bool endpoints; /* it reads results->endpoints */

    /* Its file is open; write what comes first. May be NULL. [main thread] */
    void (*open)(struct output *output);

    /* Append the lines that come before a metric's first sample. May be NULL.
     * [any generator, one at a time] */
    void (*metric)(struct buf *out, const struct metric *metric,
                   const struct report *report);

    /* Append a sample's tags, and a sample with its tags, as that wrote them:
     * samples of one request share them. NULL, both: it wants no samples.
     * [any generator] */
    void (*tags)(struct buf *out, const struct tags *tags, struct buf *scratch);
    void (*sample)(struct buf *out, const struct metric_sample *sample,
                   const struct buf *tags);

    /* Results have come in. May be NULL. [main thread] */
    void (*tick)(struct output *output, const struct report *report);

    /* The run is over: write what comes last. May be NULL. [main thread] */
    void (*close)(struct output *output, const struct report *report);
};

struct output {
    const struct output_kind *kind;
    char path[OUTPUT_PATH_MAX + 1];
    struct output_file file;
    struct err err; /* of the kind's close: why it could not write */
    void *own;      /* the kind's; its close frees it */
};

extern const struct output_kind output_json;
extern const struct output_kind output_csv;
extern const struct output_kind output_hgrm;
extern const struct output_kind output_html;
extern const struct output_kind output_summary;

struct outputs {
    struct output all[OUTPUTS_MAX];
    unsigned n;
    bool take_samples, take_endpoints; /* one of them does */
    const struct report *report;

    pthread_mutex_t lock; /* of what has been announced */
    char (*announced)[METRIC_NAME_MAX + 1];
    unsigned n_announced;
};

void outputs_init(struct outputs *outputs);

/* "json=FILE". False and err: which there are. */
bool outputs_add(struct outputs *outputs, const char *text, struct err *err);

/* The path of `file`: in `dir` when it names no folder itself. False: too
 * long. */
bool outputs_path(char out[OUTPUT_PATH_MAX + 1], const char *dir,
                  const char *file);

/* Open the files, those without a folder in `dir`, which is made for them.
 * False and err: one cannot be written. `report` must live until they are
 * closed. */
bool outputs_open(struct outputs *outputs, const char *dir,
                  const struct report *report, struct err *err);

/* Have them told of each sample of these metrics, from now on, by their tap.
 * False when out of memory. */
bool outputs_attach(struct outputs *outputs, struct metrics *metrics);

void outputs_tick(struct outputs *outputs);

/* False and err: one is not complete. All are closed. */
bool outputs_close(struct outputs *outputs, struct err *err);
void outputs_fini(struct outputs *outputs);

/* What there are, for --help. */
void outputs_describe(char *out, size_t size);

#endif

/* output.h -- the outputs of a load test: `-o json=FILE` and the like.
 *
 * Each kind of output is one file, output_NAME.c, behind this interface, with
 * its declaration below and one line in output.c. An output that takes samples gets each sample of each
 * generator. It appends lines to a buffer of that generator, and whole buffers
 * go to the file.
 *
 *   outputs_add     from the command line
 *   outputs_open    before the run, so that a file that cannot be written is
 *                   reported before the load begins
 *   outputs_attach  for the metrics of each generator and of the main thread
 *   outputs_tick    when results have come in
 *   outputs_close   when the run is over
 *
 * Path: measure/metrics.c -> [output] -> output_json.c -> output_file.c
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

    bool endpoints; /* reads results->endpoints */

    /* Called after the file is opened: writes its beginning. May be NULL. [main
     * thread] */
    void (*open)(struct output *output);

    /* Appends the lines before a metric's first sample. May be NULL. [any
     * generator, one at a time] */
    void (*metric)(struct buf *out, const struct metric *metric,
                   const struct report *report);

    /* `tags` appends a sample's tags; `sample` appends a sample with the tags
     * that `tags` wrote, which the samples of one request share. Both are NULL
     * for an output that takes no samples. [any generator] */
    void (*tags)(struct buf *out, const struct tags *tags, struct buf *scratch);
    void (*sample)(struct buf *out, const struct metric_sample *sample,
                   const struct buf *tags);

    /* Called when results were merged. May be NULL. [main thread] */
    void (*tick)(struct output *output, const struct report *report);

    /* Called after the run: writes the end of the file. May be NULL. [main
     * thread] */
    void (*close)(struct output *output, const struct report *report);
};

struct output {
    const struct output_kind *kind;
    char path[OUTPUT_PATH_MAX + 1];
    struct output_file file;
    struct err err; /* set by the kind's `close` on failure */
    void *own;      /* data of the kind; its `close` frees it */
};

extern const struct output_kind output_json;
extern const struct output_kind output_csv;
extern const struct output_kind output_hgrm;
extern const struct output_kind output_html;
extern const struct output_kind output_summary;

struct outputs {
    struct output all[OUTPUTS_MAX];
    unsigned n;
    bool take_samples, take_endpoints; /* some output needs them */
    const struct report *report;

    pthread_mutex_t lock; /* guards `announced` */
    char (*announced)[METRIC_NAME_MAX + 1];
    unsigned n_announced;
};

void outputs_init(struct outputs *outputs);

/* Adds the output "json=FILE". Returns false and sets err, which lists the
 * kinds, if it is invalid. */
bool outputs_add(struct outputs *outputs, const char *text, struct err *err);

/* Sets `out` to the path of `file`, in `dir` if it names no folder itself.
 * Returns false if the path is too long. */
bool outputs_path(char out[OUTPUT_PATH_MAX + 1], const char *dir,
                  const char *file);

/* Opens the files; those without a folder go to `dir`, which is made if needed.
 * `report` must outlive the outputs. Returns false and sets err if a file
 * cannot be written. */
bool outputs_open(struct outputs *outputs, const char *dir,
                  const struct report *report, struct err *err);

/* Sends each sample of these metrics to the outputs from now on, by a tap.
 * Returns false if out of memory. */
bool outputs_attach(struct outputs *outputs, struct metrics *metrics);

void outputs_tick(struct outputs *outputs);

/* Closes all outputs. Returns false and sets err if one is not complete. */
bool outputs_close(struct outputs *outputs, struct err *err);
void outputs_fini(struct outputs *outputs);

/* Writes the list of kinds for --help. */
void outputs_describe(char *out, size_t size);

#endif

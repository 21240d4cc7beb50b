/* output_summary.c -- writes the summary as JSON in the shape of k6's
 * --summary-export. */
#include "report/output.h"
#include "report/summary.h"

static void write_summary(struct output *output, const struct report *report)
{
    struct buf text = BUF_INIT;
    summary_write_json(&text, report);
    output_file_write(&output->file, &text);
    buf_fini(&text);
}

const struct output_kind output_summary = {
    .name = "summary",
    .about = "the summary as JSON",
    .endpoints = true,
    .close = write_summary,
};

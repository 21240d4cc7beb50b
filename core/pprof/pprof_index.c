#include "pprof/pprof_index.h"

#include <inttypes.h>

#include "record/goroutines.h"
#include "record/pprof_kind.h"
#include "sample/tables/heap.h"
#include "sample/tables/tally.h"

/* Every word of the page is the program's own: nothing to escape. */
static const char HEAD[] =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
    "<meta charset=\"utf-8\">\n<title>/debug/pprof/</title>\n<style>\n"
    "body { font-family: sans-serif; margin: 2em; }\n"
    "td, th { padding: 0.2em 1em 0.2em 0; text-align: left; "
    "vertical-align: top; }\n"
    "td:first-child, th:first-child { text-align: right; "
    "font-variant-numeric: tabular-nums; }\n"
    "</style>\n</head>\n<body>\n<h1>/debug/pprof/</h1>\n"
    "<p>Profiles of this process, for <code>go tool pprof URL</code>. Add "
    "<code>?format=folded</code> for another format, "
    "<code>?seconds=10</code> for what comes in so many seconds, "
    "<code>?label=route:/data</code> for the samples with a label.</p>\n"
    "<table>\n<tr><th>Count</th><th>Profile</th><th></th></tr>\n";

static const char TAIL[] =
    "<tr><td></td><td><a href=\"cmdline\">cmdline</a></td>"
    "<td>The command line of the process.</td></tr>\n"
    "<tr><td></td><td><a href=\"symbol\">symbol</a></td>"
    "<td>The names of addresses, for <code>go tool pprof</code>.</td></tr>\n"
    "</table>\n<p><a href=\"goroutine?debug=2\">All coroutines and threads, "
    "one by one</a></p>\n</body>\n</html>\n";

/* How much there is of a kind, negative where that cannot be said: stacks, and
 * coroutines and threads. */
static int64_t number_of(const struct pprof_kind *kind, int64_t n_goroutines)
{
    switch (kind->source) {
    case PPROF_HEAP:
        return heap_n_entries();
    case PPROF_TALLY:
        return tally_n(kind->tally);
    case PPROF_GOROUTINES:
        return n_goroutines;
    case PPROF_CPU:
    case PPROF_WALL:
    case PPROF_TRACE:
        break;
    }
    return -1;
}

static void write_kind(const struct pprof_kind *kind, int64_t number,
                       bool is_all, struct buf *html)
{
    buf_puts(html, "<tr><td>");
    if (number >= 0)
        buf_printf(html, "%" PRId64 "%s", number, is_all ? "" : " or more");
    buf_printf(html, "</td><td><a href=\"%s%s\">%s</a></td><td>%s</td></tr>\n",
               kind->name, pprof_kind_is_timed(kind) ? "" : "?debug=1",
               kind->name, kind->description);
}

bool pprof_index_write(struct goroutines *goroutines, struct buf *html,
                       struct err *err)
{
    bool are_all = goroutines_are_counted(goroutines);
    int64_t n_goroutines = goroutines_number(goroutines);
    buf_puts(html, HEAD);
    for (size_t i = 0; i < pprof_n_kinds; i++) {
        const struct pprof_kind *kind = &pprof_kinds[i];
        bool is_all = kind->source != PPROF_GOROUTINES || are_all;
        write_kind(kind, number_of(kind, n_goroutines), is_all, html);
    }
    buf_puts(html, TAIL);
    return !html->failed || err_set(err, "out of memory for the index");
}

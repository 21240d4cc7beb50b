#include "pprof/pprof_index.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/list.h"
#include "record/gathering.h"
#include "record/recording.h"

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

/* One recording of each kind that can be counted. */
struct index {
    struct recording_plan plans[PROFILE_N_KINDS];
    struct recording recordings[PROFILE_N_KINDS];
};

/* The questions of all kinds as one. It holds them, since a state that answers
 * late may outlive the index. */
struct index_gathering {
    struct gathering gathering;
    struct gathering *parts[PROFILE_N_KINDS];
};

static bool begin_index(struct recording *r, struct err *err)
{
    struct index *index = calloc(1, sizeof *index);
    if (!index)
        return err_set(err, "out of memory for the index");
    r->state = index;
    bool ok = true;
    for (unsigned id = 0; ok && id < PROFILE_N_KINDS; id++) {
        index->plans[id].kind = profile_kinds[id];
        if (profile_kinds[id]->count)
            ok =
                recording_start(&index->recordings[id], &index->plans[id], err);
    }
    return ok;
}

static void take_all_parts(struct gathering *gathering, struct lua_State *L)
{
    struct index_gathering *all =
        container_of(gathering, struct index_gathering, gathering);
    for (unsigned id = 0; id < PROFILE_N_KINDS; id++)
        if (all->parts[id])
            gathering_take(all->parts[id], L);
}

static void free_index_gathering(struct gathering *gathering)
{
    struct index_gathering *all =
        container_of(gathering, struct index_gathering, gathering);
    for (unsigned id = 0; id < PROFILE_N_KINDS; id++)
        gathering_release(all->parts[id]);
    free(all);
}

static struct gathering *ask_for_all(struct recording *r)
{
    struct index *index = r->state;
    struct index_gathering *all = r->gathering ? NULL : calloc(1, sizeof *all);
    if (!all)
        return NULL;
    gathering_init(&all->gathering, take_all_parts, free_index_gathering);
    for (unsigned id = 0; id < PROFILE_N_KINDS; id++) {
        struct recording *recording = &index->recordings[id];
        struct gathering *part =
            recording->plan ? recording_end(recording) : NULL;
        if (!part)
            continue;
        gathering_hold(part);
        all->parts[id] = part;
    }
    return &all->gathering;
}

/* `more`: the number would be higher if all states had answered. */
static void write_kind(const struct profile_kind *kind, int64_t number,
                       bool more, struct buf *html)
{
    bool is_timed = kind->span == PROFILE_KIND_TIMED;
    buf_puts(html, "<tr><td>");
    if (number >= 0)
        buf_printf(html, "%" PRId64 "%s", number, more ? " or more" : "");
    buf_printf(html, "</td><td><a href=\"%s%s\">%s</a></td><td>%s",
               kind->endpoint, is_timed ? "" : "?debug=1", kind->endpoint,
               kind->description);
    if (is_timed)
        buf_printf(html, ", for ?seconds=N (%g)", kind->default_seconds);
    if (kind->parameters & PROFILE_TAKES_RATE_HZ)
        buf_puts(html, ", at ?rate=HZ (100)");
    buf_puts(html, ".</td></tr>\n");
}

static int compare_endpoints(const void *a, const void *b)
{
    const struct profile_kind *const *first = a, *const *second = b;
    return strcmp((*first)->endpoint, (*second)->endpoint);
}

static bool write_index(struct recording *r, struct buf *html, struct err *err)
{
    struct index *index = r->state;
    const struct profile_kind *sorted[PROFILE_N_KINDS];
    memcpy(sorted, profile_kinds, sizeof sorted);
    qsort(sorted, PROFILE_N_KINDS, sizeof *sorted, compare_endpoints);
    bool are_all = r->gathering && gathering_is_whole(r->gathering);
    buf_puts(html, HEAD);
    for (unsigned i = 0; i < PROFILE_N_KINDS; i++) {
        const struct profile_kind *kind = sorted[i];
        struct recording *recording = &index->recordings[profile_kind_id(kind)];
        write_kind(kind, kind->count ? kind->count(recording) : -1,
                   recording->gathering && !are_all, html);
    }
    buf_puts(html, TAIL);
    return !html->failed || err_set(err, "out of memory for the index");
}

static void discard_index(struct recording *r)
{
    struct index *index = r->state;
    for (unsigned id = 0; id < PROFILE_N_KINDS; id++)
        if (index->recordings[id].plan)
            recording_fini(&index->recordings[id]);
    free(index);
}

const struct profile_kind pprof_index = {
    .endpoint = "index",
    .span = PROFILE_KIND_MOMENT,
    .written_content_type = "text/html; charset=utf-8",
    .begin = begin_index,
    .end = ask_for_all,
    .write = write_index,
    .discard = discard_index,
};

/* goroutine_dump.c -- keeps coroutines in a compact form until the dump is
 * written, and writes the text. */
#include "sample/session/goroutine_dump.h"

#include <inttypes.h>
#include <string.h>

#include "profile/profile.h"
#include "sample/hooks/coroutines.h"
#include "sample/tables/frames.h"
#include "sample/tables/labels.h"
#include "sample/build/locations.h"
#include "sample/session/session.h"
#include "sample/tables/stacks.h"

/* The start of an entry. The state, which ends with NUL, and the frames follow.
 */
struct head {
    int64_t number, waited_ms;
    uint32_t labels, maker, n_frames, n_state_bytes;
};

/* Names frames by putting them into a profile that is used for nothing else. */
struct writer {
    struct profile *names;
    struct locations *locations;
    struct buf *text;
};

void goroutine_dump_init(struct goroutine_dump *dump)
{
    pthread_mutex_init(&dump->lock, NULL);
    dump->entries = BUF_INIT;
}

void goroutine_dump_fini(struct goroutine_dump *dump)
{
    buf_fini(&dump->entries);
    pthread_mutex_destroy(&dump->lock);
}

void goroutine_dump_add(struct goroutine_dump *dump,
                        const struct goroutine_info *info)
{
    const struct head head = {
        .number = info->number,
        .waited_ms = info->waited_ms,
        .labels = info->labels,
        .maker = info->maker,
        .n_frames = info->n_frames,
        .n_state_bytes = (uint32_t)strlen(info->state) + 1,
    };
    pthread_mutex_lock(&dump->lock);
    buf_append(&dump->entries, &head, sizeof head);
    buf_append(&dump->entries, info->state, head.n_state_bytes);
    buf_append(&dump->entries, info->frames,
               info->n_frames * sizeof *info->frames);
    pthread_mutex_unlock(&dump->lock);
}

static const char *get_profile_string(const struct writer *w, uint32_t id)
{
    return profile_get_string(w->names, id, NULL);
}

/* Writes the second line of a frame: its file and line, "[C]" for a C function
 * without debug info that Lua calls, or its place in the mapped object. */
static void write_place(const struct writer *w,
                        const struct profile_location *location,
                        const struct profile_function *function, int64_t line)
{
    const char *filename =
        function ? get_profile_string(w, function->filename) : "";
    if (*filename) {
        buf_printf(w->text, "\t%s:%" PRId64 "\n", filename, line);
        return;
    }
    if (function && (!location->mapping ||
                     profile_is_named_by_script(w->names, function))) {
        buf_puts(w->text, "\t[C]\n");
        return;
    }
    const struct profile_mapping *mapping =
        location->mapping ? profile_get_mapping(w->names, location->mapping)
                          : NULL;
    buf_printf(w->text, "\t%s +%#" PRIx64 "\n",
               mapping ? get_profile_string(w, mapping->filename) : "?",
               mapping ? location->address - mapping->start + mapping->offset
                       : location->address);
}

static void write_frame(const struct writer *w, const char *before,
                        uint32_t frame, const char *after)
{
    uint32_t id = locations_get(w->locations, frame);
    if (!id)
        return;
    struct profile_location location = profile_get_location(w->names, id);
    if (location.n_lines == 0) {
        buf_printf(w->text, "%s%#" PRIx64 "%s\n", before, location.address,
                   after);
        write_place(w, &location, NULL, 0);
    }
    for (uint32_t i = 0; i < location.n_lines; i++) {
        const struct profile_function *function =
            profile_get_function(w->names, location.lines[i].function);
        buf_printf(w->text, "%s%s%s\n", before,
                   get_profile_string(w, function->name), after);
        write_place(w, &location, function, location.lines[i].line);
    }
}

/* Writes the labels as goroutine?debug=1 does, and how long the coroutine has
 * waited, because the first line of the entry tells minutes only. */
static void write_remark(const struct writer *w, uint32_t labels,
                         int64_t waited_ms)
{
    unsigned n;
    const struct label *set = labels_get(labels, &n);
    if (n == 0 && waited_ms == 0)
        return;
    buf_puts(w->text, "#");
    if (n > 0)
        buf_puts(w->text, " labels: {");
    for (unsigned i = 0; i < n; i++)
        buf_printf(w->text, "%s\"%s\":\"%s\"", i ? ", " : "", set[i].key,
                   set[i].value);
    if (n > 0)
        buf_puts(w->text, "}");
    if (waited_ms > 0)
        buf_printf(w->text, " waits for %" PRId64 ".%03d s", waited_ms / 1000,
                   (int)(waited_ms % 1000));
    buf_puts(w->text, "\n");
}

static void write_entry(const struct writer *w, const struct head *head,
                        const char *state, const uint32_t *frames)
{
    int64_t minutes = head->waited_ms / 60000;
    buf_printf(w->text, "goroutine %" PRId64 " [%s", head->number, state);
    if (minutes > 0)
        buf_printf(w->text, ", %" PRId64 " minutes", minutes);
    buf_puts(w->text, "]:\n");
    write_remark(w, head->labels, head->waited_ms);
    for (uint32_t i = 0; i < head->n_frames; i++)
        write_frame(w, "", frames[i], "(...)");
    if (head->maker != FRAME_FULL)
        write_frame(w, "created by ", head->maker, "");
    buf_puts(w->text, "\n");
}

/* Writes the threads, under their thread ids. A coroutine may have the same
 * number as a thread. */
static void write_threads(const struct writer *w, const struct stacks *stacks,
                          const struct buf *threads)
{
    struct probed_thread thread;
    for (size_t at = 0; at < threads->len; at += sizeof thread) {
        memcpy(&thread, threads->data + at, sizeof thread);
        if (thread.stack == STACKS_OVERFLOW)
            continue;
        struct stack_entry stack = stacks_get(stacks, thread.stack);
        const struct head head = {.number = thread.tid,
                                  .labels = stack.labels,
                                  .maker = FRAME_FULL,
                                  .n_frames = stack.n_frames};
        write_entry(w, &head, "thread", stack.frames);
    }
}

static void write_coroutines(const struct writer *w, const struct buf *entries)
{
    const char *at = entries->data;
    while (at < entries->data + entries->len) {
        uint32_t frames[COROUTINE_MAX_FRAMES];
        struct head head;
        memcpy(&head, at, sizeof head);
        const char *state = at + sizeof head;
        at = state + head.n_state_bytes;
        memcpy(frames, at, head.n_frames * sizeof *frames);
        at += head.n_frames * sizeof *frames;
        write_entry(w, &head, state, frames);
    }
}

/* Removes the entries added so far, so that a worker that adds an entry later
 * does not wait while symbols are looked up. */
static struct buf take_entries(struct goroutine_dump *dump)
{
    pthread_mutex_lock(&dump->lock);
    struct buf entries = dump->entries;
    dump->entries = BUF_INIT;
    pthread_mutex_unlock(&dump->lock);
    return entries;
}

bool goroutine_dump_write(struct goroutine_dump *dump,
                          const struct stacks *stacks,
                          const struct buf *threads, struct buf *text,
                          struct err *err)
{
    struct buf entries = take_entries(dump);
    struct writer w = {.names = profile_new(), .text = text};
    if (w.names)
        w.locations = locations_new(w.names);
    bool ok = w.locations;
    if (ok) {
        write_threads(&w, stacks, threads);
        write_coroutines(&w, &entries);
        ok = !entries.failed && !threads->failed && !text->failed &&
             !profile_failed(w.names);
    }
    buf_fini(&entries);
    locations_free(w.locations);
    profile_free(w.names);
    return ok || err_set(err, "out of memory for a dump");
}

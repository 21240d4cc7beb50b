/* wall.c -- the open profiles of wall time and the waits of each. */
#include "sample/session/wall.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/list.h"
#include "base/random.h"
#include "sample/hooks/coroutines.h"
#include "sample/tables/frames.h"
#include "sample/tables/label_values.h"
#include "sample/session/session.h"
#include "sample/walk/context.h"
#include "sample/walk/slow_requests.h"

struct wall {
    struct list_link in_walls; /* [lock] */
    struct wall_window window;
    struct session *threads;
    struct tally waits; /* waits that have ended */
};

/* Guards the list and the windows. The locks of slow_requests.c, label_values.c
 * and of the tables of stacks are taken inside. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct list walls;
static uint64_t n_ended; /* windows */
static atomic_uint n_open;

bool wall_is_open(void)
{
    return atomic_load_explicit(&n_open, memory_order_relaxed) > 0;
}

void wall_forget_all(void) { atomic_store(&n_open, 0); }

struct wall *wall_open(const struct session_options *options, struct err *err)
{
    struct session_options threads = *options;
    threads.kind = SESSION_WALL;
    struct wall *wall = calloc(1, sizeof *wall);
    if (!wall) {
        err_set(err, "out of memory for a profile");
        return NULL;
    }
    wall->threads = session_open(&threads, err);
    if (!wall->threads) {
        free(wall);
        return NULL;
    }
    pthread_mutex_init(&wall->waits.lock, NULL);
    pthread_mutex_lock(&lock);
    wall->window = (struct wall_window){
        .start_ns = clock_mono_ns(),
        .end_ns = INT64_MAX,
        .period_ns = session_period_ns(wall->threads),
        .slower_than_ns = options->slower_than_ns,
    };
    list_prepend(&walls, &wall->in_walls);
    atomic_fetch_add(&n_open, 1);
    pthread_mutex_unlock(&lock);
    return wall;
}

const struct wall_window *wall_end(struct wall *wall)
{
    pthread_mutex_lock(&lock);
    wall->window.end_number = ++n_ended;
    wall->window.end_ns = clock_mono_ns();
    pthread_mutex_unlock(&lock);
    return &wall->window;
}

static void unlink_wall(struct wall *wall)
{
    pthread_mutex_lock(&lock);
    list_remove(&wall->in_walls);
    atomic_fetch_sub(&n_open, 1);
    pthread_mutex_unlock(&lock);
}

static void free_wall(struct wall *wall)
{
    tally_fini(&wall->waits);
    pthread_mutex_destroy(&wall->waits.lock);
    free(wall);
}

void wall_abort(struct wall *wall)
{
    unlink_wall(wall);
    session_abort(wall->threads);
    free_wall(wall);
}

/* Adds the entries of `from` to `into`. Unless `slow` is NULL, the labels of
 * `from` are its tags, and only the entries of slow requests are added. Returns
 * false if out of memory. */
static bool merge_tally(struct tally *from, struct slow_requests *slow,
                        struct tally *into)
{
    struct tally_snapshot *all = tally_snapshot_take(from);
    if (!all)
        return false;
    for (uint32_t i = 0; i < all->n; i++) {
        const struct tally_entry *e = &all->entries[i];
        uint32_t labels = e->labels;
        if (!slow || slow_requests_has(slow, labels, &labels))
            tally_add(into, e->frames, e->n_frames, labels, e->count,
                      e->weight);
    }
    if (all->overflow.count > 0 && !slow)
        tally_add(into, NULL, 0, 0, all->overflow.count, all->overflow.weight);
    free(all);
    return true;
}

bool wall_close(struct wall *wall, struct tally *waiting,
                struct profile *profile, struct err *err)
{
    struct tally all = TALLY_INIT;
    struct slow_requests *slow = session_slow_requests(wall->threads);
    bool ok = false;
    unlink_wall(wall);
    if (slow)
        slow_requests_judge(slow);
    if (merge_tally(&wall->waits, slow, &all) &&
        merge_tally(waiting, NULL, &all)) {
        ok = session_close(wall->threads, all.stacks, profile, err);
    } else {
        err_set(err, "out of memory for a profile");
        session_abort(wall->threads);
    }
    tally_fini(&all);
    free_wall(wall);
    return ok;
}

/* Returns the note "(waiting: REASON)". Notes live for ever, so there is one
 * for each reason that label_values.h admits, and one for all others. */
static const char *note_of(const char *reason)
{
    static pthread_mutex_t notes_lock = PTHREAD_MUTEX_INITIALIZER;
    static char *notes[LABEL_VALUES_MAX + 1];
    static unsigned n_notes;
    char note[256];
    const char *found = NULL;
    snprintf(note, sizeof note, "(waiting: %s)",
             label_values_bound("wait", reason));
    pthread_mutex_lock(&notes_lock);
    for (unsigned i = 0; i < n_notes && !found; i++)
        if (strcmp(notes[i], note) == 0)
            found = notes[i];
    if (!found && n_notes <= LABEL_VALUES_MAX &&
        (notes[n_notes] = strdup(note)))
        found = notes[n_notes++];
    pthread_mutex_unlock(&notes_lock);
    return found ? found : "(waiting)";
}

/* Adds the part of a wait that lies within the window. A part shorter than the
 * period is added with the probability length / period. */
static void add_part_within(const struct wall_window *window, int64_t end_ns,
                            const struct wall_wait *wait, uint32_t labels,
                            struct tally *tally)
{
    int64_t since_ns =
        wait->since_ns > window->start_ns ? wait->since_ns : window->start_ns;
    int64_t ns = end_ns - since_ns, period_ns = window->period_ns;
    if (ns <= 0)
        return;
    int64_t count = ns / period_ns;
    count += random_below(random_of_thread(), period_ns) < ns % period_ns;
    int64_t weight_ns = ns >= period_ns ? ns : count * period_ns;
    if (weight_ns == 0)
        return;
    coroutine_add(wait->co, frames_note(note_of(wait->reason)), labels, count,
                  weight_ns, tally);
}

/* Adds a wait that ends now. [lock] */
static void add_wait_to(struct wall *wall, const struct wall_wait *wait,
                        int64_t now_ns)
{
    const struct wall_window *window = &wall->window;
    struct slow_requests *slow = session_slow_requests(wall->threads);
    uint32_t labels = wait->labels;
    if (slow) {
        if (!wait->request)
            return;
        wait->request->is_sampled = true;
        labels = slow_requests_tag(slow, labels, wait->request->number);
        if (labels == SLOW_REQUESTS_NONE)
            return;
    }
    add_part_within(window, now_ns < window->end_ns ? now_ns : window->end_ns,
                    wait, labels, &wall->waits);
}

/* Returns true if the wait was added for this window by wall_add_waiting. Tasks
 * are asked in the order of the windows' numbers, so all up to `seen` have it.
 */
static bool has_wait(const struct wall_wait *wait,
                     const struct wall_window *window)
{
    return window->end_number > 0 && window->end_number <= wait->seen;
}

void wall_waited(const struct wall_wait *wait)
{
    int64_t now_ns = clock_mono_ns();
    pthread_mutex_lock(&lock);
    list_each (struct wall, w, &walls, in_walls)
        if (!has_wait(wait, &w->window))
            add_wait_to(w, wait, now_ns);
    pthread_mutex_unlock(&lock);
}

void wall_add_waiting(const struct wall_window *window,
                      const struct wall_wait *wait, struct tally *tally)
{
    bool is_wanted = window->slower_than_ns == 0 ||
                     (wait->request && window->end_ns - wait->request->number >=
                                           window->slower_than_ns);
    if (is_wanted)
        add_part_within(window, window->end_ns, wait, wait->labels, tally);
}

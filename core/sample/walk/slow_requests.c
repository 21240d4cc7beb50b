#include "sample/walk/slow_requests.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/index.h"
#include "base/list.h"
#include "sample/walk/context.h"
#include "sample/walk/thread.h"

struct known_request {
    int64_t number;
    bool is_quick;    /* has ended and took less than least_ns */
    bool has_samples; /* a tag has the request */
};

struct tag {
    uint32_t request; /* position in the table of requests */
    uint32_t labels;
};

/* A growing array, and the index that finds a key's position in it. */
struct table {
    void *entries;
    uint32_t n, n_allocated;
    struct index index;
};

struct slow_requests {
    struct list_link in_all; /* [lock] */
    int64_t least_ns;
    int64_t judged_ns;     /* when slow_requests_judge ran; 0: not yet */
    struct table requests; /* of struct known_request */
    struct table tags;     /* of struct tag */
};

/* Guards the list and the tables of its members. A thread that holds it takes
 * no lock, except those of a sampled malloc (core/sample/README.md). The
 * collector takes it with collector_lock and threads_lock held. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct list all;             /* of struct slow_requests */
static atomic_uint n_open;          /* number of members of the list */
static _Atomic int64_t last_number; /* of the request that began last */

/* Makes room for one more entry. Returns false if out of memory. */
static bool grow_table(struct table *table, size_t size)
{
    void *grown =
        array_grow(table->entries, table->n, &table->n_allocated, 64, size);
    if (grown)
        table->entries = grown;
    return grown;
}

static void fini_table(struct table *table)
{
    free(table->entries);
    index_fini(&table->index);
}

static bool is_request(const void *ctx, const void *key, uint32_t position)
{
    const struct known_request *requests = ctx;
    return requests[position].number == *(const int64_t *)key;
}

/* Returns the request's position. If the request is new, adds it, or returns
 * INDEX_NONE if `is_wanted` is false or if out of memory. [lock] */
static uint32_t find_request(struct table *table, int64_t number,
                             bool is_wanted)
{
    uint64_t hash = index_hash(&number, sizeof number, 0);
    uint32_t at =
        index_find(&table->index, hash, is_request, table->entries, &number);
    if (at != INDEX_NONE || !is_wanted)
        return at;
    if (!grow_table(table, sizeof(struct known_request)) ||
        !index_add(&table->index, hash, table->n))
        return INDEX_NONE;
    struct known_request *requests = table->entries;
    requests[table->n] = (struct known_request){.number = number};
    return table->n++;
}

static bool is_tag(const void *ctx, const void *key, uint32_t position)
{
    const struct tag *a = (const struct tag *)ctx + position, *b = key;
    return a->request == b->request && a->labels == b->labels;
}

/* Returns the tag's position, which it adds if it is new, or INDEX_NONE if out
 * of memory. [lock] */
static uint32_t find_tag(struct table *table, struct tag tag)
{
    uint64_t hash = index_hash(&tag, sizeof tag, 0);
    uint32_t at = index_find(&table->index, hash, is_tag, table->entries, &tag);
    if (at != INDEX_NONE)
        return at;
    if (!grow_table(table, sizeof tag) ||
        !index_add(&table->index, hash, table->n))
        return INDEX_NONE;
    ((struct tag *)table->entries)[table->n] = tag;
    return table->n++;
}

struct slow_requests *slow_requests_new(int64_t least_ns)
{
    struct slow_requests *slow = calloc(1, sizeof *slow);
    if (!slow)
        return NULL;
    slow->least_ns = least_ns;
    pthread_mutex_lock(&lock);
    list_prepend(&all, &slow->in_all);
    atomic_fetch_add(&n_open, 1);
    pthread_mutex_unlock(&lock);
    return slow;
}

void slow_requests_free(struct slow_requests *slow)
{
    if (!slow)
        return;
    pthread_mutex_lock(&lock);
    list_remove(&slow->in_all);
    atomic_fetch_sub(&n_open, 1);
    pthread_mutex_unlock(&lock);
    fini_table(&slow->requests);
    fini_table(&slow->tags);
    free(slow);
}

/* Returns SLOW_REQUESTS_NONE if out of memory. [lock] */
static uint32_t tag_request(struct slow_requests *slow, uint32_t labels,
                            int64_t number)
{
    uint32_t request = find_request(&slow->requests, number, true);
    if (request == INDEX_NONE)
        return SLOW_REQUESTS_NONE;
    ((struct known_request *)slow->requests.entries)[request].has_samples =
        true;
    return find_tag(&slow->tags, (struct tag){request, labels});
}

uint32_t slow_requests_tag(struct slow_requests *slow, uint32_t labels,
                           int64_t request)
{
    if (request == 0)
        return SLOW_REQUESTS_NONE;
    pthread_mutex_lock(&lock);
    uint32_t result = tag_request(slow, labels, request);
    pthread_mutex_unlock(&lock);
    return result;
}

void slow_requests_judge(struct slow_requests *slow)
{
    pthread_mutex_lock(&lock);
    if (slow->judged_ns == 0)
        slow->judged_ns = clock_mono_ns();
    pthread_mutex_unlock(&lock);
}

/* Called after slow_requests_judge. [lock] */
static bool is_slow(const struct slow_requests *slow,
                    const struct known_request *request)
{
    return !request->is_quick &&
           slow->judged_ns - request->number >= slow->least_ns;
}

bool slow_requests_has(struct slow_requests *slow, uint32_t tag,
                       uint32_t *labels)
{
    bool has = false;
    pthread_mutex_lock(&lock);
    if (tag < slow->tags.n) {
        const struct tag *t = (struct tag *)slow->tags.entries + tag;
        const struct known_request *requests = slow->requests.entries;
        has = is_slow(slow, &requests[t->request]);
        *labels = t->labels;
    }
    pthread_mutex_unlock(&lock);
    return has;
}

void slow_requests_count(struct slow_requests *slow, size_t *n_sampled,
                         size_t *n_slow)
{
    *n_sampled = *n_slow = 0;
    pthread_mutex_lock(&lock);
    const struct known_request *requests = slow->requests.entries;
    for (uint32_t i = 0; i < slow->requests.n; i++) {
        *n_sampled += requests[i].has_samples;
        *n_slow += requests[i].has_samples && is_slow(slow, &requests[i]);
    }
    pthread_mutex_unlock(&lock);
}

void slow_requests_begin(struct context_request *request, int64_t start_ns)
{
    int64_t last = atomic_load_explicit(&last_number, memory_order_relaxed);
    int64_t number;
    do
        number = start_ns > last ? start_ns : last + 1;
    while (!atomic_compare_exchange_weak(&last_number, &last, number));
    request->number = number;
}

/* Notes that a request has ended, if it was quick and the profile goes on.
 * [lock] */
static void note_quick(struct slow_requests *slow, int64_t number,
                       bool is_sampled, int64_t now_ns)
{
    if (slow->judged_ns != 0 || now_ns - number >= slow->least_ns)
        return;
    uint32_t at = find_request(&slow->requests, number, is_sampled);
    if (at != INDEX_NONE)
        ((struct known_request *)slow->requests.entries)[at].is_quick = true;
}

/* Returns true if a sample of the request may be on its way to the profiles. */
static bool is_sampled(const struct sampler_thread *t,
                       const struct context_request *request)
{
    if (request->is_sampled)
        return true;
    for (unsigned i = 0; t && i < THREAD_OUTSIDE_REQUESTS; i++)
        if (atomic_load(&t->outside_requests[i]) == request->number)
            return true;
    return false;
}

/* Reports a request that has ended to all open profiles. Not inlined, because
 * as a rule no such profile is open. */
static __attribute__((noinline)) void
report_ended(const struct sampler_thread *t,
             const struct context_request *request)
{
    bool has_sample = is_sampled(t, request);
    int64_t now_ns = clock_mono_ns();
    pthread_mutex_lock(&lock);
    list_each (struct slow_requests, s, &all, in_all)
        note_quick(s, request->number, has_sample, now_ns);
    pthread_mutex_unlock(&lock);
}

void slow_requests_end(struct context_request *request)
{
    struct sampler_thread *t = thread_self;
    if (t && t->request == request)
        t->request = NULL;
    if (atomic_load_explicit(&n_open, memory_order_relaxed) > 0)
        report_ended(t, request);
}

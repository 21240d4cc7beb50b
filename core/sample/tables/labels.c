#include "sample/tables/labels.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/index.h"
#include "sample/platform/quiet.h"

enum { MAX_LABELS = 16 };

struct label_set {
    struct label *labels; /* sorted by key */
    unsigned n;
};

/* A quiet lock (quiet.h): guards all that follows. No lock is taken while it is
 * held. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct label_set *sets; /* the set of id i is sets[i - 1] */
static uint32_t n_sets;
static struct index index_of_sets;

static int by_key(const void *a, const void *b)
{
    return strcmp(((const struct label *)a)->key,
                  ((const struct label *)b)->key);
}

static bool is_same_set(const void *ctx, const void *key, uint32_t position)
{
    (void)ctx;
    const struct label_set *a = key, *b = &sets[position];
    if (a->n != b->n)
        return false;
    for (unsigned i = 0; i < a->n; i++)
        if (strcmp(a->labels[i].key, b->labels[i].key) != 0 ||
            strcmp(a->labels[i].value, b->labels[i].value) != 0)
            return false;
    return true;
}

static uint64_t hash_of_set(const struct label_set *set)
{
    uint64_t hash = 0;
    for (unsigned i = 0; i < set->n; i++) {
        const struct label *label = &set->labels[i];
        hash = index_hash(label->key, strlen(label->key) + 1, hash);
        hash = index_hash(label->value, strlen(label->value) + 1, hash);
    }
    return hash;
}

static void free_copy(struct label_set *copy)
{
    for (unsigned i = 0; copy->labels && i < copy->n; i++) {
        free((char *)copy->labels[i].key);
        free((char *)copy->labels[i].value);
    }
    free(copy->labels);
}

/* Returns false, and holds nothing, if out of memory. */
static bool copy_set(const struct label_set *set, struct label_set *copy)
{
    *copy = (struct label_set){calloc(set->n, sizeof *copy->labels), set->n};
    for (unsigned i = 0; copy->labels && i < set->n; i++) {
        struct label *label = &copy->labels[i];
        label->key = strdup(set->labels[i].key);
        label->value = strdup(set->labels[i].value);
        if (!label->key || !label->value) {
            free_copy(copy);
            return false;
        }
    }
    return copy->labels != NULL;
}

/* Returns the id of the copied set, or 0 if out of memory. [lock] */
static uint32_t append_set(const struct label_set *set, uint64_t hash)
{
    struct label_set copy;
    if (!copy_set(set, &copy))
        return 0;
    struct label_set *grown = realloc(sets, (n_sets + 1) * sizeof *sets);
    if (grown)
        sets = grown;
    if (!grown || !index_add(&index_of_sets, hash, n_sets)) {
        free_copy(&copy);
        return 0;
    }
    sets[n_sets++] = copy;
    return n_sets;
}

/* Returns 0 if out of memory, or if the set is new and there are `max_sets`
 * already. */
static uint32_t intern_set(const struct label *labels, unsigned n,
                           uint32_t max_sets)
{
    struct label sorted[MAX_LABELS];
    if (n == 0 || fork_depth > 0)
        return 0;
    if (n > MAX_LABELS)
        n = MAX_LABELS;
    memcpy(sorted, labels, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, by_key);
    struct label_set set = {sorted, n};
    uint64_t hash = hash_of_set(&set);

    quiet_lock(&lock);
    uint32_t found = index_find(&index_of_sets, hash, is_same_set, NULL, &set);
    uint32_t id = found + 1;
    if (found == INDEX_NONE)
        id = n_sets < max_sets ? append_set(&set, hash) : 0;
    quiet_unlock(&lock);
    return id;
}

uint32_t labels_intern(const struct label *labels, unsigned n)
{
    return intern_set(labels, n, UINT32_MAX);
}

const struct label *labels_get(uint32_t id, unsigned *n)
{
    const struct label *labels = NULL;
    *n = 0;
    if (fork_depth > 0)
        return NULL;
    quiet_lock(&lock);
    if (id > 0 && id <= n_sets) {
        labels = sets[id - 1].labels;
        *n = sets[id - 1].n;
    }
    quiet_unlock(&lock);
    return labels;
}

uint32_t labels_add_limited(uint32_t labels, const char *key, const char *value,
                            uint32_t max_sets)
{
    struct label all[MAX_LABELS];
    unsigned n, at = 0;
    const struct label *set = labels_get(labels, &n);
    for (unsigned i = 0; i < n; i++)
        all[i] = set[i];
    while (at < n && strcmp(all[at].key, key) != 0)
        at++;
    if (at == MAX_LABELS)
        return labels;
    all[at] = (struct label){key, value};
    uint32_t id = intern_set(all, at < n ? n : n + 1, max_sets);
    return id ? id : labels;
}

uint32_t labels_add(uint32_t labels, const char *key, const char *value)
{
    return labels_add_limited(labels, key, value, UINT32_MAX);
}

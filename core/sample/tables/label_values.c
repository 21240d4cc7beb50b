#include "sample/tables/label_values.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/fork.h"
#include "base/index.h"
#include "sample/tables/labels.h"

static const char OTHER[] = "other";

static const char *const reserved[] = {"bytes", "coroutine", "heap", "method",
                                       "route", "type",      "wait", "worker"};

struct known_key {
    char *key;
    char *values[LABEL_VALUES_MAX];
    uint32_t n;
    struct index index; /* finds a value's position */
};

/* Guards the keys. A thread that holds it takes no lock, except those of a
 * sampled malloc (core/sample/README.md). It need not be a quiet lock, because
 * nothing that takes or records a stack needs it. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct known_key keys[1 + LABEL_KEYS_MAX] = {
    {.key = "wait"}, /* a reserved key, but scripts choose its values */
};
static unsigned n_keys = 1;

/* Adds the key if it is new. Returns NULL if there are too many keys or memory
 * is short. [lock] */
static struct known_key *find_key(const char *key)
{
    for (unsigned i = 0; i < n_keys; i++)
        if (strcmp(keys[i].key, key) == 0)
            return &keys[i];
    if (n_keys > LABEL_KEYS_MAX || !(keys[n_keys].key = strdup(key)))
        return NULL;
    return &keys[n_keys++];
}

static bool is_value(const void *ctx, const void *value, uint32_t position)
{
    const struct known_key *known = ctx;
    return strcmp(known->values[position], value) == 0;
}

/* Adds the value if it is new. Returns false if the key has too many values or
 * memory is short. [lock] */
static bool keep_value(struct known_key *known, const char *value)
{
    uint64_t hash = index_hash(value, strlen(value), 0);
    if (index_find(&known->index, hash, is_value, known, value) != INDEX_NONE)
        return true;
    if (known->n == LABEL_VALUES_MAX)
        return false;
    char *copy = strdup(value);
    if (!copy || !index_add(&known->index, hash, known->n)) {
        free(copy);
        return false;
    }
    known->values[known->n++] = copy;
    return true;
}

bool label_key_is_reserved(const char *key)
{
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
        if (strcmp(reserved[i], key) == 0)
            return true;
    return false;
}

/* Returns `value` or OTHER, or NULL if the key is beyond the limit. */
static const char *bound(const char *key, const char *value)
{
    if (fork_depth > 0)
        return NULL;
    pthread_mutex_lock(&lock);
    struct known_key *known = find_key(key);
    if (known && !keep_value(known, value))
        value = OTHER;
    pthread_mutex_unlock(&lock);
    return known ? value : NULL;
}

const char *label_values_bound(const char *key, const char *value)
{
    const char *bounded = bound(key, value);
    return bounded ? bounded : OTHER;
}

uint32_t label_values_add(uint32_t labels, const char *key, const char *value)
{
    const char *bounded = bound(key, value);
    return bounded ? labels_add_limited(labels, key, bounded, LABEL_SETS_MAX)
                   : labels;
}

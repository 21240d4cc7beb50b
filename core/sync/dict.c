/* dict.c -- a hash table whose entries are also in a list by last use. */
#include "sync/dict.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/index.h"

struct dict_entry {
    struct dict_entry *next; /* in its bucket */
    struct list_link by_use;
    uint64_t hash;
    int64_t end_ns; /* end of its time to live, monotonic; INT64_MAX: none */
    size_t key_len;
    struct dict_value value; /* its bytes follow the key in `text` */
    char text[];
};

_Static_assert(sizeof(struct dict_entry) + 2 * sizeof(void *) <=
                   SYNC_DICT_ENTRY_BYTES,
               "an entry, its bucket and what malloc adds");

enum { FIRST_BUCKETS = 16 };

static size_t dict_entry_size(const struct dict_entry *e)
{
    return SYNC_DICT_ENTRY_BYTES + e->key_len +
           (e->value.kind == DICT_BYTES ? e->value.n_bytes : 0);
}

static struct dict_entry **dict_bucket(const struct sync_dict *dict,
                                       uint64_t hash)
{
    return &dict->buckets[hash & (dict->n_buckets - 1)];
}

/* Removes the entry and frees it. */
static void drop_dict_entry(struct sync_dict *dict, struct dict_entry *e)
{
    struct dict_entry **at = dict_bucket(dict, e->hash);
    while (*at != e)
        at = &(*at)->next;
    *at = e->next;
    list_remove(&e->by_use);
    dict->n_entries--;
    dict->n_bytes -= dict_entry_size(e);
    free(e);
}

static void dict_fini(struct sync_object *object)
{
    struct sync_dict *dict = container_of(object, struct sync_dict, object);
    list_each (struct dict_entry, e, &dict->by_use, by_use)
        drop_dict_entry(dict, e);
    free(dict->buckets);
}

static bool dict_is_unused(const struct sync_object *object)
{
    return container_of(object, struct sync_dict, object)->n_entries == 0;
}

const struct sync_class sync_dict_class = {
    .word = "dict",
    .size_word = "size in bytes",
    .n_bytes = sizeof(struct sync_dict),
    .default_size = SYNC_DICT_DEFAULT_BYTES,
    .is_unused = dict_is_unused,
    .fini = dict_fini,
};

/* Returns the entry of the key, and moves it to the front of the list by use.
 * Returns NULL if there is none. Drops an entry whose time to live is over. */
static struct dict_entry *use_dict_entry(struct sync_dict *dict,
                                         struct dict_key key, uint64_t hash)
{
    struct dict_entry *e = dict->buckets ? *dict_bucket(dict, hash) : NULL;
    while (e && (e->hash != hash || e->key_len != key.len ||
                 memcmp(e->text, key.text, key.len) != 0))
        e = e->next;
    if (!e)
        return NULL;
    if (e->end_ns <= clock_mono_ns()) {
        drop_dict_entry(dict, e);
        return NULL;
    }
    list_remove(&e->by_use);
    list_prepend(&dict->by_use, &e->by_use);
    return e;
}

static uint64_t hash_dict_key(struct dict_key key)
{
    return index_hash(key.text, key.len, 0);
}

/* Doubles the number of buckets if there are as many entries, so that a bucket
 * has one or two. Returns false if out of memory. */
static bool grow_dict(struct sync_dict *dict)
{
    if (dict->n_entries < dict->n_buckets)
        return true;
    size_t n = dict->n_buckets ? dict->n_buckets * 2 : FIRST_BUCKETS;
    struct dict_entry **buckets = calloc(n, sizeof *buckets);
    if (!buckets)
        return false;
    free(dict->buckets);
    dict->buckets = buckets;
    dict->n_buckets = n;
    list_each (struct dict_entry, e, &dict->by_use, by_use) {
        struct dict_entry **bucket = dict_bucket(dict, e->hash);
        e->next = *bucket;
        *bucket = e;
    }
    return true;
}

static struct dict_entry *make_dict_entry(struct dict_key key, uint64_t hash,
                                          const struct dict_value *value)
{
    size_t n_bytes = value->kind == DICT_BYTES ? value->n_bytes : 0;
    struct dict_entry *e = malloc(sizeof *e + key.len + n_bytes);
    if (!e)
        return NULL;
    *e = (struct dict_entry){.hash = hash, .key_len = key.len, .value = *value};
    memcpy(e->text, key.text, key.len);
    if (n_bytes > 0)
        memcpy(e->text + key.len, value->bytes, n_bytes);
    if (value->kind == DICT_BYTES)
        e->value.bytes = e->text + key.len;
    return e;
}

/* Adds an entry in the place of `old`, which may be NULL. Drops the entries
 * used least recently as far as the new one needs room. */
static enum dict_result put_dict_entry(struct sync_dict *dict,
                                       struct dict_entry *old,
                                       struct dict_key key, uint64_t hash,
                                       const struct dict_value *value,
                                       int64_t end_ns)
{
    struct dict_entry *e =
        grow_dict(dict) ? make_dict_entry(key, hash, value) : NULL;
    if (!e)
        return DICT_OUT_OF_MEMORY;
    size_t size = dict_entry_size(e), most = (size_t)dict->object.size;
    if (size > most) {
        free(e);
        return DICT_TOO_LARGE;
    }
    e->end_ns = end_ns;
    if (old)
        drop_dict_entry(dict, old);
    while (dict->n_bytes > most - size)
        drop_dict_entry(dict, container_of(list_last(&dict->by_use),
                                           struct dict_entry, by_use));
    struct dict_entry **bucket = dict_bucket(dict, hash);
    e->next = *bucket;
    *bucket = e;
    list_prepend(&dict->by_use, &e->by_use);
    dict->n_entries++;
    dict->n_bytes += size;
    return DICT_DONE;
}

enum dict_result sync_dict_get(struct sync_dict *dict, struct dict_key key,
                               struct buf *copy, struct dict_value *value)
{
    pthread_mutex_lock(&dict->object.lock);
    const struct dict_entry *e = use_dict_entry(dict, key, hash_dict_key(key));
    if (e) {
        *value = e->value;
        if (value->kind == DICT_BYTES) {
            size_t start = copy->len;
            buf_append(copy, value->bytes, value->n_bytes);
            value->bytes = copy->failed ? NULL : copy->data + start;
        }
    }
    pthread_mutex_unlock(&dict->object.lock);
    return e ? DICT_DONE : DICT_ABSENT;
}

static int64_t dict_end_after(double seconds)
{
    return seconds < 0 ? INT64_MAX : clock_mono_ns() + (int64_t)(seconds * 1e9);
}

enum dict_result sync_dict_set(struct sync_dict *dict, struct dict_key key,
                               const struct dict_value *value, double seconds,
                               bool is_new)
{
    uint64_t hash = hash_dict_key(key);
    pthread_mutex_lock(&dict->object.lock);
    struct dict_entry *old = use_dict_entry(dict, key, hash);
    enum dict_result result = DICT_THERE;
    if (!old || !is_new)
        result = put_dict_entry(dict, old, key, hash, value,
                                dict_end_after(seconds));
    pthread_mutex_unlock(&dict->object.lock);
    return result;
}

static double as_number(const struct dict_value *value)
{
    return value->kind == DICT_INTEGER ? (double)value->integer : value->number;
}

/* Adds as Lua does: integers wrap round. */
static struct dict_value sum_of(const struct dict_value *a,
                                const struct dict_value *b)
{
    struct dict_value sum = {.kind = DICT_FLOAT};
    if (a->kind == DICT_INTEGER && b->kind == DICT_INTEGER) {
        sum.kind = DICT_INTEGER;
        sum.integer = (int64_t)((uint64_t)a->integer + (uint64_t)b->integer);
    } else {
        sum.number = as_number(a) + as_number(b);
    }
    return sum;
}

/* [object's lock] */
static enum dict_result add_to_entry(struct sync_dict *dict,
                                     struct dict_key key,
                                     const struct dict_value *by,
                                     const struct dict_value *initial,
                                     struct dict_value *sum)
{
    uint64_t hash = hash_dict_key(key);
    struct dict_entry *e = use_dict_entry(dict, key, hash);
    if (!e && !initial)
        return DICT_ABSENT;
    if (e && e->value.kind == DICT_BYTES)
        return DICT_NO_NUMBER;
    *sum = sum_of(e ? &e->value : initial, by);
    if (!e)
        return put_dict_entry(dict, NULL, key, hash, sum, INT64_MAX);
    e->value = *sum;
    return DICT_DONE;
}

enum dict_result sync_dict_add(struct sync_dict *dict, struct dict_key key,
                               const struct dict_value *by,
                               const struct dict_value *initial,
                               struct dict_value *sum)
{
    pthread_mutex_lock(&dict->object.lock);
    enum dict_result result = add_to_entry(dict, key, by, initial, sum);
    pthread_mutex_unlock(&dict->object.lock);
    return result;
}

enum dict_result sync_dict_delete(struct sync_dict *dict, struct dict_key key)
{
    pthread_mutex_lock(&dict->object.lock);
    struct dict_entry *e = use_dict_entry(dict, key, hash_dict_key(key));
    if (e)
        drop_dict_entry(dict, e);
    pthread_mutex_unlock(&dict->object.lock);
    return e ? DICT_DONE : DICT_ABSENT;
}

/* [object's lock] */
static void drop_ended_entries(struct sync_dict *dict)
{
    int64_t now_ns = clock_mono_ns();
    list_each (struct dict_entry, e, &dict->by_use, by_use)
        if (e->end_ns <= now_ns)
            drop_dict_entry(dict, e);
}

size_t sync_dict_count(struct sync_dict *dict)
{
    pthread_mutex_lock(&dict->object.lock);
    drop_ended_entries(dict);
    size_t n = dict->n_entries;
    pthread_mutex_unlock(&dict->object.lock);
    return n;
}

size_t sync_dict_keys(struct sync_dict *dict, size_t most, struct buf *out)
{
    size_t n = 0;
    pthread_mutex_lock(&dict->object.lock);
    drop_ended_entries(dict);
    list_each (struct dict_entry, e, &dict->by_use, by_use) {
        if (n == most)
            break;
        buf_append(out, &e->key_len, sizeof e->key_len);
        buf_append(out, e->text, e->key_len);
        n++;
    }
    pthread_mutex_unlock(&dict->object.lock);
    return n;
}

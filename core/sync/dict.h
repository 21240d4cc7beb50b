/* dict.h -- values by key, for tasks of any worker. Its size is how many bytes
 * it may take; when it is full, what was used least lately goes.
 *
 * Path: modules/module_shared.c -> [dict]
 */
#ifndef SYNC_DICT_H
#define SYNC_DICT_H

#include "base/buf.h"
#include "base/list.h"
#include "sync/object.h"

enum {
    SYNC_DICT_DEFAULT_BYTES = 1 << 20,
    SYNC_DICT_KEY_MAX = 1024,
    /* What an entry takes besides its key and its value. */
    SYNC_DICT_ENTRY_BYTES = 112,
};

extern const struct sync_class sync_dict_class;

struct dict_entry;

struct sync_dict {
    struct sync_object object;
    struct dict_entry **buckets; /* n_buckets, a power of two */
    size_t n_buckets, n_entries, n_bytes;
    struct list by_use; /* the entry that was used last is the first */
};

struct dict_key {
    const char *text;
    size_t len; /* 1 to SYNC_DICT_KEY_MAX */
};

/* Numbers are kept as such, so that they can be added to. */
struct dict_value {
    enum { DICT_INTEGER, DICT_FLOAT, DICT_BYTES } kind;
    union {
        int64_t integer;
        double number;
        struct {
            const char *bytes;
            size_t n_bytes;
        };
    };
};

enum dict_result {
    DICT_DONE,
    DICT_THERE,     /* the key has a value already */
    DICT_ABSENT,    /* it has none */
    DICT_NO_NUMBER, /* its value is none */
    DICT_TOO_LARGE, /* for the whole dict */
    DICT_OUT_OF_MEMORY,
};

/* All below: [any thread]. */

/* DICT_DONE or DICT_ABSENT. Bytes are appended to `copy`, where the value then
 * has them; that may have failed. */
enum dict_result sync_dict_get(struct sync_dict *dict, struct dict_key key,
                               struct buf *copy, struct dict_value *value);

/* Set it, to be forgotten after `seconds`, unless they are negative. With
 * `is_new` only where there is none. */
enum dict_result sync_dict_set(struct sync_dict *dict, struct dict_key key,
                               const struct dict_value *value, double seconds,
                               bool is_new);

/* Add to a number, which `*sum` then is, as it would be in Lua; it is forgotten
 * when it was to be. One that is absent is `initial` before, if not NULL. */
enum dict_result sync_dict_add(struct sync_dict *dict, struct dict_key key,
                               const struct dict_value *by,
                               const struct dict_value *initial,
                               struct dict_value *sum);

/* DICT_DONE or DICT_ABSENT. */
enum dict_result sync_dict_delete(struct sync_dict *dict, struct dict_key key);

/* Entries that are not over. */
size_t sync_dict_count(struct sync_dict *dict);

/* Append up to `most` keys, each as its size_t length and its bytes, the one
 * used last first. Returns their number. */
size_t sync_dict_keys(struct sync_dict *dict, size_t most, struct buf *out);

#endif

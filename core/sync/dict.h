/* dict.h -- values by key, for tasks of any worker.
 *
 * The size of the object is the number of bytes that it may take. When it is
 * full, the entry that was used least recently is removed. An entry may have a
 * time to live.
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
    /* Bytes of an entry besides its key and its value. */
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

/* Numbers are kept as numbers, so that sync_dict_add can add to them. */
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
    DICT_ABSENT,    /* the key has no value */
    DICT_NO_NUMBER, /* the key's value is no number */
    DICT_TOO_LARGE, /* the entry is larger than the whole dict */
    DICT_OUT_OF_MEMORY,
};

/* All functions: [any thread]. */

/* Reads a value. Bytes are appended to `copy`, and value->bytes points there,
 * or is NULL if the append has failed. Returns DICT_DONE or DICT_ABSENT. */
enum dict_result sync_dict_get(struct sync_dict *dict, struct dict_key key,
                               struct buf *copy, struct dict_value *value);

/* Sets a value, which is removed after `seconds` unless they are negative. With
 * `is_new`, returns DICT_THERE and changes nothing if the key has a value. May
 * return DICT_TOO_LARGE and DICT_OUT_OF_MEMORY. */
enum dict_result sync_dict_set(struct sync_dict *dict, struct dict_key key,
                               const struct dict_value *value, double seconds,
                               bool is_new);

/* Adds `by` to a number, as Lua does, and sets *sum to the result. The entry
 * keeps its time to live. If the key has no value, it starts from `initial`
 * unless that is NULL; otherwise the result is DICT_ABSENT. May return
 * DICT_NO_NUMBER, DICT_TOO_LARGE and DICT_OUT_OF_MEMORY. */
enum dict_result sync_dict_add(struct sync_dict *dict, struct dict_key key,
                               const struct dict_value *by,
                               const struct dict_value *initial,
                               struct dict_value *sum);

/* Removes a value. Returns DICT_DONE or DICT_ABSENT. */
enum dict_result sync_dict_delete(struct sync_dict *dict, struct dict_key key);

/* Returns the number of entries whose time to live is not over. */
size_t sync_dict_count(struct sync_dict *dict);

/* Appends up to `most` keys, the one used last first, each as a size_t length
 * and its bytes. Returns their number. */
size_t sync_dict_keys(struct sync_dict *dict, size_t most, struct buf *out);

#endif

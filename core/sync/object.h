/* object.h -- named objects that all Lua states of the process share:
 * mutexes, channels, semaphores and dicts.
 *
 * An object is made by the first task that opens its name. An object that
 * nobody has open and that is in its initial state is freed, because nobody
 * could tell it from a new one. So a name per user, for example, takes memory
 * only while it is used.
 *
 * A class embeds struct sync_object at the start of its own struct:
 *
 *     struct sync_mutex { struct sync_object object; owner, waiters ... }
 *
 * Path: script/sync_handle.c -> [object] -> mutex.c, channel.c, semaphore.c,
 *       dict.c
 */
#ifndef SYNC_OBJECT_H
#define SYNC_OBJECT_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/list.h"

struct sync_object;

struct sync_class {
    const char *word;      /* "mutex" */
    const char *size_word; /* names the size in messages: "capacity"; NULL: the
                              class has no size */
    size_t n_bytes;        /* of the class's struct */
    int64_t default_size;
    /* Initializes a zeroed object, or NULL. */
    void (*init)(struct sync_object *object);
    /* Returns true if the object, which nobody has open, is in its initial
     * state. */
    bool (*is_unused)(const struct sync_object *object);
    /* Frees what the class has allocated, or NULL. */
    void (*fini)(struct sync_object *object);
    /* Returns the only task that can serve the waiters (the holder of a mutex),
     * or NULL if any task that has the object open can. The callback is NULL if
     * any task can for all objects of the class. The caller holds the object's
     * lock. */
    const void *(*owner)(const struct sync_object *object);
};

struct sync_object {
    const struct sync_class *class;
    const char *what;     /* class and name: "mutex orders" */
    const char *name;     /* the end of `what` */
    int64_t size;         /* a capacity or a number of permits; never changes */
    pthread_mutex_t lock; /* guards what the class adds; no lock inside,
                             but for those of other objects during a fork */
    atomic_uint n_users;  /* how often it is open */
    struct sync_object *next; /* in its bucket of object.c */
};

enum { SYNC_NAME_MAX = 128, SYNC_ANY_SIZE = -1 };

/* Opens the object of this class and name, and makes it if there is none. With
 * SYNC_ANY_SIZE, a new object gets the default size. Returns NULL and sets err
 * if the object has another size or memory is short. The caller closes the
 * object. [any thread, like all functions here] */
struct sync_object *sync_object_open(const struct sync_class *class,
                                     const char *name, int64_t size,
                                     struct err *err);

/* Opens an object once more that the caller has open. */
void sync_object_ref(struct sync_object *object);

/* Closes an object once. The last close may free it. */
void sync_object_close(struct sync_object *object);

#endif

/* object.h -- things with a name that all Lua states of the process share:
 * mutexes, channels, semaphores, dicts.
 *
 * One is made by whoever first opens its name, and goes when nobody has it open
 * and it is as it was made, so that nobody can tell it from a new one: a name
 * for each user, say, costs nothing for long.
 *
 * Path: modules/module_sync.c -> [object] -> mutex.c, channel.c, ...
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
    const char *size_word; /* what its size is: "capacity"; NULL: it has none */
    size_t n_bytes;        /* of its struct, a struct sync_object first */
    int64_t default_size;
    /* Memory is zeroed before; NULL: nothing more to do. */
    void (*init)(struct sync_object *object);
    /* Is it as it was made? Nobody has it open. */
    bool (*is_unused)(const struct sync_object *object);
    void (*fini)(struct sync_object *object); /* or NULL */
    /* Returns the task that alone can serve those that wait. NULL if any task
     * can that has the object open. [lock] */
    const void *(*owner)(const struct sync_object *object);
};

struct sync_object {
    const struct sync_class *class;
    const char *what;     /* "mutex orders": class and name */
    const char *name;     /* its end */
    int64_t size;         /* a capacity, a number of permits; fixed */
    pthread_mutex_t lock; /* guards what the class adds */
    atomic_uint n_users;
    struct sync_object *next; /* object.c's own */
};

enum { SYNC_NAME_MAX = 128, SYNC_ANY_SIZE = -1 };

/* Open or make the one of this name. NULL and err when it has another size, or
 * when out of memory. [any thread] */
struct sync_object *sync_object_open(const struct sync_class *class,
                                     const char *name, int64_t size,
                                     struct err *err);

/* Once more, by whoever has it open. */
void sync_object_ref(struct sync_object *object);

void sync_object_close(struct sync_object *object);

#endif

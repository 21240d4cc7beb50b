/* object.c -- the table of all objects. */
#include "sync/object.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/index.h"

enum { N_BUCKETS = 1024 };

/* Guards the table, and makes and frees objects. No other lock is taken inside,
 * except during a fork (lock_all). */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct sync_object *buckets[N_BUCKETS];

static struct sync_object **object_bucket(const struct sync_class *class,
                                          const char *name)
{
    uint64_t hash = index_hash(name, strlen(name), (uintptr_t) class);
    return &buckets[hash % N_BUCKETS];
}

static struct sync_object *find_object(const struct sync_class *class,
                                       const char *name)
{
    struct sync_object *object = *object_bucket(class, name);
    while (object &&
           (object->class != class || strcmp(object->name, name) != 0))
        object = object->next;
    return object;
}

static struct sync_object *make_object(const struct sync_class *class,
                                       const char *name, int64_t size)
{
    struct sync_object *object = calloc(1, class->n_bytes);
    char *what;
    if (!object || asprintf(&what, "%s %s", class->word, name) < 0) {
        free(object);
        return NULL;
    }
    object->class = class;
    object->what = what;
    object->name = what + strlen(class->word) + 1;
    object->size = size;
    pthread_mutex_init(&object->lock, NULL);
    if (class->init)
        class->init(object);
    struct sync_object **bucket = object_bucket(class, name);
    object->next = *bucket;
    *bucket = object;
    return object;
}

static void free_object(struct sync_object *object)
{
    struct sync_object **at = object_bucket(object->class, object->name);
    while (*at != object)
        at = &(*at)->next;
    *at = object->next;
    if (object->class->fini)
        object->class->fini(object);
    pthread_mutex_destroy(&object->lock);
    free((char *)object->what);
    free(object);
}

/* A forked child has the objects too. The locks are held during the fork, so
 * that no other thread is inside them. */
static void lock_all(void)
{
    pthread_mutex_lock(&lock);
    for (unsigned i = 0; i < N_BUCKETS; i++)
        for (struct sync_object *o = buckets[i]; o; o = o->next)
            pthread_mutex_lock(&o->lock);
}

static void unlock_all(void)
{
    for (unsigned i = 0; i < N_BUCKETS; i++)
        for (struct sync_object *o = buckets[i]; o; o = o->next)
            pthread_mutex_unlock(&o->lock);
    pthread_mutex_unlock(&lock);
}

static __attribute__((constructor)) void hold_objects_in_fork(void)
{
    pthread_atfork(lock_all, unlock_all, unlock_all);
}

struct sync_object *sync_object_open(const struct sync_class *class,
                                     const char *name, int64_t size,
                                     struct err *err)
{
    pthread_mutex_lock(&lock);
    struct sync_object *object = find_object(class, name);
    bool fits = !object || size == SYNC_ANY_SIZE || size == object->size;
    if (!object)
        object = make_object(
            class, name, size == SYNC_ANY_SIZE ? class->default_size : size);
    if (object && fits)
        atomic_fetch_add(&object->n_users, 1);
    pthread_mutex_unlock(&lock);
    if (!object)
        err_set(err, "out of memory for a %s", class->word);
    else if (!fits)
        err_set(err, "%s '%s' exists already, with a %s of %" PRId64,
                class->word, name, class->size_word, object->size);
    return fits ? object : NULL;
}

void sync_object_ref(struct sync_object *object)
{
    atomic_fetch_add(&object->n_users, 1);
}

void sync_object_close(struct sync_object *object)
{
    unsigned n = atomic_load(&object->n_users);
    while (n > 1)
        if (atomic_compare_exchange_weak(&object->n_users, &n, n - 1))
            return;
    pthread_mutex_lock(&lock);
    if (atomic_fetch_sub(&object->n_users, 1) == 1 &&
        object->class->is_unused(object))
        free_object(object);
    pthread_mutex_unlock(&lock);
}

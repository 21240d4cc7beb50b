/* chunks.c -- the chunks lie in a hash table of lists.
 *
 * What is kept comes from the C library itself, because a heap profile tells
 * what the program allocates, not what the profiler does.
 */
#include "sample/tables/chunks.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/index.h"
#include "base/libc_malloc.h"
#include "sample/platform/quiet.h"
#include "sample/tables/chunk_names.h"
#include "sample/tables/vm_functions.h"

/* A function of a chunk. `position` is its place in the chunk. */
struct record {
    struct vm_function function;
    uint32_t position;
    uint32_t code; /* loaded_prototype.code */
};

struct chunk {
    struct chunk *next; /* in its list [lock] */
    uint64_t hash;      /* of the source and the text */
    uint32_t n_users;   /* slots of tables [lock] */
    uint32_t n;
    size_t n_bytes; /* of this block */
    bool has_text;  /* the names are those of a text */
    struct record *records;
    char *source; /* behind the records; the names follow */
};

enum { N_LISTS = 1024 };

/* A quiet lock (quiet.h): guards the chunks. No lock is taken while it is held.
 */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct chunk *lists[N_LISTS];

static struct record *record_of(const struct vm_function *function)
{
    return (struct record *)function;
}

static struct chunk *chunk_of(const struct vm_function *function)
{
    struct record *first = record_of(function) - record_of(function)->position;
    return (struct chunk *)first - 1;
}

static uint64_t hash_of_chunk(const struct loaded_chunk *loaded)
{
    uint64_t hash =
        index_hash(loaded->source, strlen(loaded->source), loaded->n_bytes);
    if (loaded->text)
        return index_hash(loaded->text, loaded->n_bytes, hash);
    for (uint32_t i = 0; i < loaded->n; i++) {
        const struct loaded_prototype *p = &loaded->prototypes[i];
        uint64_t word = (uint64_t)p->line << 32 | p->code;
        hash = index_hash(&word, sizeof word, hash + 1);
    }
    return hash;
}

/* [lock] */
static struct chunk *find_chunk(const struct loaded_chunk *loaded,
                                uint64_t hash)
{
    for (struct chunk *c = lists[hash % N_LISTS]; c; c = c->next)
        if (c->hash == hash && c->n == loaded->n &&
            c->has_text == (loaded->text != NULL) &&
            strcmp(c->source, loaded->source) == 0)
            return c;
    return NULL;
}

static void remove_chunk(struct chunk *chunk)
{
    struct chunk **link = &lists[chunk->hash % N_LISTS];
    while (*link != chunk)
        link = &(*link)->next;
    *link = chunk->next;
    libc_free(chunk);
}

void chunks_release(const struct vm_function *function)
{
    if (fork_depth > 0)
        return;
    struct chunk *chunk = chunk_of(function);
    quiet_lock(&lock);
    if (--chunk->n_users == 0)
        remove_chunk(chunk);
    quiet_unlock(&lock);
}

/* Returns true if the names fit the prototypes: as many functions, each on its
 * line. The wrapped main chunk (chunk_names.h) is on line 1 for Lua. */
static bool fits(const struct loaded_chunk *loaded,
                 const struct chunk_names *names)
{
    if (names->n != loaded->n)
        return false;
    for (uint32_t i = 0; i < loaded->n; i++)
        if (names->functions[i].line != loaded->prototypes[i].line &&
            names->functions[i].line != 0)
            return false;
    return true;
}

/* Makes a chunk with one use. `names` has the functions of the chunk; a name of
 * NULL has no record. Returns NULL if out of memory. */
static struct chunk *make_chunk(const struct loaded_chunk *loaded,
                                uint64_t hash, const struct chunk_names *names)
{
    size_t n_text = strlen(loaded->source) + 1;
    for (uint32_t i = 0; i < names->n; i++)
        n_text += strlen(names->functions[i].name) + 1;
    size_t n_bytes =
        sizeof(struct chunk) + names->n * sizeof(struct record) + n_text;
    struct chunk *chunk = libc_malloc(n_bytes);
    if (!chunk)
        return NULL;
    *chunk = (struct chunk){.hash = hash, .n = names->n, .n_bytes = n_bytes};
    chunk->records = (struct record *)(chunk + 1);
    chunk->has_text = loaded->text != NULL;
    char *text = (char *)(chunk->records + chunk->n);
    chunk->source = strcpy(text, loaded->source);
    text += strlen(text) + 1;
    /* The hashes of texts tell whether a file has changed. Functions of other
     * chunks are the same if their names and lines are: a script that loads
     * generated texts would otherwise fill the tables. */
    bool is_file = *chunk->source == '@';
    for (uint32_t i = 0; i < names->n; i++) {
        const struct chunk_name *from = &names->functions[i];
        struct vm_function f = {.source = chunk->source,
                                .name = strcpy(text, from->name),
                                .line_defined = from->line,
                                .text = is_file ? from->text : 0};
        text += strlen(text) + 1;
        f.hash = vm_function_hash(&f);
        chunk->records[i] = (struct record){f, i, loaded->prototypes[i].code};
    }
    return chunk;
}

/* Returns true if the functions of `chunk` from `first` on are those of the
 * prototypes: the same lines and instructions. */
static bool has_run(const struct chunk *chunk, uint32_t first,
                    const struct loaded_chunk *loaded)
{
    for (uint32_t i = 0; i < loaded->n; i++)
        if (chunk->records[first + i].code != loaded->prototypes[i].code)
            return false;
    return true;
}

/* Finds the functions of a text from which a chunk without text was dumped, the
 * same run of functions in each version of the source that is loaded. Returns
 * NULL if there is none, or if runs differ in a name. [lock] */
static const struct record *find_origin(const struct loaded_chunk *loaded)
{
    const struct record *origin = NULL;
    for (unsigned i = 0; i < N_LISTS; i++)
        for (const struct chunk *c = lists[i]; c; c = c->next) {
            if (!c->has_text || c->n < loaded->n ||
                strcmp(c->source, loaded->source) != 0)
                continue;
            for (uint32_t k = 0; k + loaded->n <= c->n; k++) {
                if (!has_run(c, k, loaded))
                    continue;
                for (uint32_t j = 0; origin && j < loaded->n; j++)
                    if (strcmp(origin[j].function.name,
                               c->records[k + j].function.name) != 0)
                        return NULL;
                if (!origin)
                    origin = &c->records[k];
            }
        }
    return origin;
}

/* Copies the names of the text that the chunk was dumped from. Returns false if
 * they are not known or out of memory. [lock] */
static bool copy_origin(const struct loaded_chunk *loaded,
                        struct chunk_names *names)
{
    const struct record *origin = find_origin(loaded);
    if (!origin)
        return false;
    names->functions = malloc(loaded->n * sizeof *names->functions);
    if (!names->functions)
        return false;
    names->n = loaded->n;
    for (uint32_t i = 0; i < names->n; i++) {
        const struct vm_function *f = &origin[i].function;
        names->functions[i] =
            (struct chunk_name){f->name, f->line_defined, f->text};
    }
    return true;
}

/* Numbers the functions of each line, which have no names. Returns false if out
 * of memory. */
static bool number_functions(const struct loaded_chunk *loaded,
                             struct chunk_names *names)
{
    enum { ROOM = 12 };
    names->functions = malloc(loaded->n * sizeof *names->functions);
    names->text = malloc(loaded->n * (size_t)ROOM);
    if (!names->functions || !names->text)
        return false;
    names->n = loaded->n;
    unsigned rank = 0;
    for (uint32_t i = 0; i < loaded->n; i++) {
        int line = loaded->prototypes[i].line;
        bool repeats = i > 0 && line == loaded->prototypes[i - 1].line;
        rank = repeats ? rank + 1 : 1;
        char *name = names->text + i * (size_t)ROOM;
        *name = '\0';
        if (rank > 1)
            snprintf(name, ROOM, "#%u", rank);
        names->functions[i] = (struct chunk_name){name, line, 0};
    }
    return true;
}

/* Names the functions of a chunk that is new. Returns false if they cannot be
 * named. */
static bool name_functions(const struct loaded_chunk *loaded,
                           struct chunk_names *names)
{
    *names = (struct chunk_names){0};
    if (loaded->text)
        return chunk_names_read(names, loaded->source, loaded->text,
                                loaded->n_bytes) &&
               fits(loaded, names);
    return number_functions(loaded, names);
}

/* Links a new chunk, or returns the equal one that another thread has linked
 * meanwhile. The result has one more use for each of its functions. */
static struct chunk *link_chunk(struct chunk *made,
                                const struct loaded_chunk *loaded)
{
    quiet_lock(&lock);
    struct chunk *chunk = find_chunk(loaded, made->hash);
    if (!chunk) {
        struct chunk **list = &lists[made->hash % N_LISTS];
        made->next = *list;
        *list = chunk = made;
    }
    chunk->n_users += chunk->n;
    quiet_unlock(&lock);
    if (chunk != made)
        libc_free(made);
    return chunk;
}

/* Makes a chunk of the names of the text that it was dumped from. Returns NULL
 * if the names are not known or out of memory. */
static struct chunk *make_dumped(const struct loaded_chunk *loaded,
                                 uint64_t hash)
{
    struct chunk_names names = {0};
    quiet_lock(&lock);
    struct chunk *made =
        copy_origin(loaded, &names) ? make_chunk(loaded, hash, &names) : NULL;
    quiet_unlock(&lock);
    chunk_names_free(&names);
    return made;
}

const struct vm_function *chunks_use(const struct loaded_chunk *loaded)
{
    uint64_t hash = hash_of_chunk(loaded);
    quiet_lock(&lock);
    struct chunk *chunk = find_chunk(loaded, hash);
    if (chunk)
        chunk->n_users += chunk->n;
    quiet_unlock(&lock);
    if (chunk)
        return &chunk->records->function;
    struct chunk *made = loaded->text ? NULL : make_dumped(loaded, hash);
    if (!made) {
        struct chunk_names names;
        if (name_functions(loaded, &names))
            made = make_chunk(loaded, hash, &names);
        chunk_names_free(&names);
    }
    return made ? &link_chunk(made, loaded)->records->function : NULL;
}

const struct vm_function *chunks_next(const struct vm_function *function)
{
    return &(record_of(function) + 1)->function;
}

size_t chunks_count(size_t *n_bytes)
{
    size_t n = 0;
    *n_bytes = 0;
    quiet_lock(&lock);
    for (unsigned i = 0; i < N_LISTS; i++)
        for (const struct chunk *c = lists[i]; c; c = c->next) {
            n++;
            *n_bytes += c->n_bytes;
        }
    quiet_unlock(&lock);
    return n;
}

#include "sample/hooks/recorded_load.h"

#include <stdbool.h>
#include <string.h>

#include "base/fork.h"
#include "base/libc_malloc.h"
#include "sample/platform/lua_archive.h"
#include "sample/platform/prototype.h"
#include "sample/tables/chunks.h"
#include "sample/tables/prototypes.h"
#include "sample/walk/thread.h"

enum {
    MAX_TEXT = 64 * 1024 * 1024, /* of a larger text nothing is kept */
    SHORT_TEXT = 1024,           /* bytes of a text that need no memory */
    ON_STACK = 32,               /* prototypes of a chunk that need no memory */
};

/* The caller's reader, and the text that it has read so far. */
struct reading {
    lua_Reader reader;
    void *data;
    char *text; /* `first`, or from libc_malloc */
    size_t n_bytes, n_allocated;
    bool is_kept; /* false: precompiled, too large, or out of memory */
    char first[SHORT_TEXT];
};

static void free_text(struct reading *r)
{
    if (r->text != r->first)
        libc_free(r->text);
    r->text = r->first;
}

/* Makes room for `needed` bytes. Returns false if out of memory. */
static bool grow_text(struct reading *r, size_t needed)
{
    size_t room = 2 * r->n_allocated > needed ? 2 * r->n_allocated : needed;
    char *grown = libc_realloc(r->text == r->first ? NULL : r->text, room);
    if (!grown)
        return false;
    if (r->text == r->first)
        memcpy(grown, r->first, r->n_bytes);
    r->text = grown;
    r->n_allocated = room;
    return true;
}

static void keep_piece(struct reading *r, const char *piece, size_t n)
{
    size_t needed = r->n_bytes + n;
    bool is_binary = r->n_bytes == 0 && *piece == *LUA_SIGNATURE;
    if (is_binary || needed > MAX_TEXT ||
        (needed > r->n_allocated && !grow_text(r, needed))) {
        free_text(r);
        r->is_kept = false;
        return;
    }
    memcpy(r->text + r->n_bytes, piece, n);
    r->n_bytes = needed;
}

static const char *read_piece(lua_State *L, void *data, size_t *size)
{
    struct reading *r = data;
    const char *piece = r->reader(L, r->data, size);
    if (piece && *size > 0 && r->is_kept)
        keep_piece(r, piece, *size);
    return piece;
}

/* The prototypes of a chunk, in the order of loaded_chunk. */
struct walk {
    struct loaded_prototype first[ON_STACK], *prototypes;
    uint32_t n, n_allocated;
    bool failed;
};

static bool has_room(struct walk *walk)
{
    if (walk->n < walk->n_allocated)
        return true;
    struct loaded_prototype *grown =
        walk->prototypes == walk->first ? NULL : walk->prototypes;
    grown = libc_realloc(grown, 2 * walk->n_allocated * sizeof *grown);
    if (!grown)
        return false;
    if (walk->prototypes == walk->first)
        memcpy(grown, walk->first, sizeof walk->first);
    walk->prototypes = grown;
    walk->n_allocated *= 2;
    return true;
}

/* Recurses as deep as functions stand inside each other: at most 200, because
 * Lua compiles no more. A precompiled chunk was compiled by Lua too. */
static void walk_prototypes(struct walk *walk, const void *prototype)
{
    if (!has_room(walk)) {
        walk->failed = true;
        return;
    }
    walk->prototypes[walk->n++] = (struct loaded_prototype){
        prototype, prototype_line(prototype), prototype_code_hash(prototype)};
    for (uint32_t i = 0; i < prototype_n_inner(prototype) && !walk->failed; i++)
        walk_prototypes(walk, prototype_inner(prototype, i));
}

static void add_chunk(struct prototypes **table, const lua_Debug *ar,
                      const void *prototype, const struct reading *r)
{
    struct walk walk = {.n_allocated = ON_STACK};
    walk.prototypes = walk.first;
    walk_prototypes(&walk, prototype);
    bool is_text_name = *ar->source != '@' && *ar->source != '=';
    struct loaded_chunk chunk = {
        .source = is_text_name ? ar->short_src : ar->source,
        .text = r->is_kept ? r->text : NULL,
        .n_bytes = r->is_kept ? r->n_bytes : 0,
        .prototypes = walk.prototypes,
        .n = walk.n,
    };
    if (!walk.failed)
        prototypes_add(table, &chunk);
    if (walk.prototypes != walk.first)
        libc_free(walk.prototypes);
}

/* Returns true if the chunk is an expression or the like, from a string: there
 * may be many, and their main chunks need no record to have a name. */
static bool is_plain(const void *prototype, const char *chunkname)
{
    return chunkname && *chunkname != '@' && prototype_line(prototype) == 0 &&
           prototype_n_inner(prototype) == 0;
}

/* stack: ..., the function that was loaded */
static void record_chunk(lua_State *L, const struct reading *r,
                         const char *chunkname)
{
    struct prototypes **table = prototypes_of(L);
    const void *prototype = table ? prototype_at(L, -1) : NULL;
    lua_Debug ar;
    if (!prototype || is_plain(prototype, chunkname) || !lua_checkstack(L, 1))
        return;
    lua_pushvalue(L, -1);
    lua_getinfo(L, ">S", &ar);
    struct sampler_thread *t = thread_self;
    if (t)
        thread_block(t);
    add_chunk(table, &ar, prototype, r);
    if (t)
        thread_unblock(t);
}

int recorded_load(lua_State *L, lua_Reader reader, void *data,
                  const char *chunkname, const char *mode)
{
    if (!prototype_is_readable() || !prototypes_of(L) || fork_depth > 0)
        return archive_lua_load(L, reader, data, chunkname, mode);
    struct reading r; /* not cleared, because it is large */
    r.reader = reader;
    r.data = data;
    r.text = r.first;
    r.n_bytes = 0;
    r.n_allocated = SHORT_TEXT;
    r.is_kept = true;
    int status = archive_lua_load(L, read_piece, &r, chunkname, mode);
    if (status == LUA_OK)
        record_chunk(L, &r, chunkname);
    free_text(&r);
    return status;
}

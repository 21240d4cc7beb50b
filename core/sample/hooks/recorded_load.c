#include "sample/hooks/recorded_load.h"

#include <stdbool.h>
#include <string.h>

#include "base/libc_malloc.h"
#include "sample/platform/lua_archive.h"
#include "sample/platform/prototype.h"
#include "sample/platform/quiet.h"
#include "sample/tables/chunks.h"
#include "sample/tables/prototypes.h"
#include "sample/walk/thread.h"

enum {
    MAX_TEXT = 64 * 1024 * 1024, /* of a larger text nothing is kept */
    FIRST_TEXT = 4096,
    ON_STACK = 32, /* prototypes of a chunk that need no memory */
};

/* The caller's reader, and the text that it has read so far. */
struct reading {
    lua_Reader reader;
    void *data;
    char *text; /* NULL: none is kept */
    size_t n_bytes, n_allocated;
    bool is_kept; /* false: precompiled, too large, or out of memory */
};

static void drop_text(struct reading *r)
{
    libc_free(r->text);
    r->text = NULL;
    r->is_kept = false;
}

static void keep_piece(struct reading *r, const char *piece, size_t n)
{
    size_t needed = r->n_bytes + n;
    if (needed > MAX_TEXT || (r->n_bytes == 0 && *piece == *LUA_SIGNATURE)) {
        drop_text(r);
        return;
    }
    if (needed > r->n_allocated) {
        size_t room = r->n_allocated ? 2 * r->n_allocated : FIRST_TEXT;
        room = room > needed ? room : needed;
        char *grown = libc_realloc(r->text, room);
        if (!grown) {
            drop_text(r);
            return;
        }
        r->text = grown;
        r->n_allocated = room;
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

/* stack: ..., the function that was loaded */
static void record_chunk(lua_State *L, const struct reading *r)
{
    struct prototypes **table = prototypes_of(L);
    const void *prototype = table ? prototype_at(L, -1) : NULL;
    lua_Debug ar;
    if (!prototype || !lua_checkstack(L, 1))
        return;
    lua_pushvalue(L, -1);
    lua_getinfo(L, ">S", &ar);
    if (*ar.source != '@' && ar.linedefined == 0 &&
        prototype_n_inner(prototype) == 0)
        return;
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
    struct reading r = {.reader = reader, .data = data};
    r.is_kept = prototype_is_readable() && prototypes_of(L) && fork_depth == 0;
    int status = archive_lua_load(L, read_piece, &r, chunkname, mode);
    if (status == LUA_OK && prototype_is_readable() && fork_depth == 0)
        record_chunk(L, &r);
    libc_free(r.text);
    return status;
}

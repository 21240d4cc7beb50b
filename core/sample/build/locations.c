#include "sample/build/locations.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/index.h"
#include "profile/profile.h"
#include "sample/tables/c_names.h"
#include "sample/tables/frames.h"
#include "sample/tables/vm_functions.h"
#include "sample/build/known_symbols.h"
#include "sample/build/vm_names.h"
#include "sample/platform/symbolize.h"

struct locations {
    struct profile *profile;
    struct vm_names *names;
    struct symbolizer *symbolizer;
    uint32_t *ids; /* location id by frame id; 0: no location yet */
    uint32_t n_ids;
};

/* Returns an address for a frame that is not machine code, because some readers
 * (Grafana Alloy) tell stacks apart by addresses alone. The address is a hash
 * of name and place, so it is the same in each profile of each process. It lies
 * above all addresses that a process can map, and is exact as a double, because
 * some readers are written in JavaScript. */
static uint64_t stand_in_address(const char *name, const char *file,
                                 int64_t line)
{
    uint64_t hash = index_hash(name, strlen(name), (uint64_t)line);
    hash = index_hash(file, strlen(file), hash);
    return UINT64_C(1) << 52 | hash >> 12;
}

/* Adds the location of a frame that is not machine code. */
static uint32_t add_location(struct locations *l, uint64_t address,
                             const struct profile_function *function,
                             int64_t line)
{
    struct profile_line one = {
        .function = profile_add_function(l->profile, function), .line = line};
    struct profile_location location = {
        .address = address, .lines = &one, .n_lines = 1};
    return profile_add_location(l->profile, &location);
}

/* Returns the id of the mapping that holds `pc`, 0 if there is none or memory
 * is short. */
static uint32_t mapping_of(struct locations *l, uintptr_t pc)
{
    for (uint32_t id = 1; id <= profile_n_mappings(l->profile); id++) {
        const struct profile_mapping *m = profile_get_mapping(l->profile, id);
        if (m->start <= pc && pc < m->limit)
            return id;
    }
    struct symbol_mapping found;
    if (!symbolize_mapping(pc, &found))
        return 0;
    struct profile_mapping mapping = {
        .start = found.start,
        .limit = found.limit,
        .offset = found.offset,
        .filename = profile_text(l->profile, found.file),
        .build_id = profile_text(l->profile, found.build_id),
    };
    return profile_add_mapping(l->profile, &mapping);
}

void locations_free(struct locations *l)
{
    if (!l)
        return;
    vm_names_free(l->names);
    symbolizer_free(l->symbolizer);
    free(l->ids);
    free(l);
}

struct locations *locations_new(struct profile *profile)
{
    struct locations *l = calloc(1, sizeof *l);
    if (!l)
        return NULL;
    l->profile = profile;
    l->names = vm_names_new();
    l->symbolizer = symbolizer_new();
    if (!l->names || !l->symbolizer) {
        locations_free(l);
        return NULL;
    }
    /* By convention the first mapping of a profile is the program itself. */
    mapping_of(l, (uintptr_t)locations_new);
    return l;
}

bool locations_finish(struct locations *l, struct err *err)
{
    if (l)
        vm_names_add_comments(l->names, l->profile);
    bool ok = l && !profile_failed(l->profile);
    if (ok)
        profile_flag_mappings(l->profile);
    locations_free(l);
    return ok || err_set(err, "out of memory for a profile");
}

static unsigned find_symbols(struct locations *l, uintptr_t pc,
                             struct symbol symbols[SYMBOLS_MAX])
{
    unsigned n = known_symbols_get(pc, symbols);
    if (n > 0)
        return n;
    n = symbolize(l->symbolizer, pc, symbols);
    if (n > 0)
        known_symbols_add(pc, symbols, n);
    return n;
}

static uint32_t add_symbol(struct profile *p, const struct symbol *symbol)
{
    struct profile_function function = {
        .name = profile_text(p, symbol->name),
        .system_name = profile_text(p, symbol->system_name),
        .filename = profile_text(p, symbol->file),
        .start_line = symbol->start_line,
    };
    return profile_add_function(p, &function);
}

static uint32_t add_native_location(struct locations *l, uintptr_t pc,
                                    const struct symbol *symbols, unsigned n)
{
    struct profile_line lines[SYMBOLS_MAX];
    for (unsigned i = 0; i < n; i++)
        lines[i] = (struct profile_line){
            .function = add_symbol(l->profile, &symbols[i]),
            .line = symbols[i].line};
    struct profile_location location = {.mapping = mapping_of(l, pc),
                                        .address = pc,
                                        .lines = lines,
                                        .n_lines = n};
    return profile_add_location(l->profile, &location);
}

static uint32_t make_native_location(struct locations *l, uintptr_t pc)
{
    struct symbol symbols[SYMBOLS_MAX];
    unsigned n = find_symbols(l, pc, symbols);
    return add_native_location(l, pc, symbols, n);
}

/* Gives a C function the name by which Lua calls it, or if Lua has none and the
 * function no symbol either, its address. `name` is room for the name. */
static void name_as_lua_does(struct symbol *symbol, lua_CFunction c, char *name,
                             size_t size)
{
    if (c_names_get(c, name, size)) {
        if (!*symbol->system_name && strcmp(symbol->name, name) != 0)
            symbol->system_name = symbol->name;
        symbol->name = name;
    } else if (!*symbol->name) {
        snprintf(name, size, "%#" PRIxPTR, (uintptr_t)c);
        symbol->name = name;
    }
}

/* Returns true if `pc` is in the function that begins at `start`. */
static bool is_in_function(struct locations *l, uintptr_t pc, uintptr_t start)
{
    struct symbol symbols[SYMBOLS_MAX];
    char name[256];
    unsigned n = find_symbols(l, start, symbols);
    if (n == 0)
        return false;
    snprintf(name, sizeof name, "%s", symbols[n - 1].name);
    n = find_symbols(l, pc, symbols);
    return n > 0 && strcmp(symbols[n - 1].name, name) == 0;
}

/* The instruction is not known of every frame. After an error it may be in
 * another function, because the native stack has lost less than the Lua stack.
 * In both cases the location is where the function begins. */
static uint32_t make_c_location(struct locations *l, const struct frame *frame)
{
    struct symbol symbols[SYMBOLS_MAX];
    char name[64];
    uintptr_t start = (uintptr_t)frame->c;
    uintptr_t pc = start + (uintptr_t)frame->offset;
    if (frame->offset != 0 && !is_in_function(l, pc, start))
        pc = start;
    unsigned n = find_symbols(l, pc, symbols);
    if (n == 0)
        symbols[n++] = (struct symbol){"", "", "", 0, 0};
    struct symbol *c = &symbols[n - 1];
    name_as_lua_does(c, frame->c, name, sizeof name);
    if (pc != start)
        return add_native_location(l, pc, symbols, n);
    c->line = c->start_line;
    return add_native_location(l, pc, c, 1);
}

static uint32_t make_lua_location(struct locations *l,
                                  const struct vm_function *vm_function,
                                  int line)
{
    char name[256], file[1024];
    vm_names_get(l->names, vm_function, name, sizeof name, file, sizeof file);
    struct profile_function function = {
        .name = profile_text(l->profile, name),
        .filename = profile_text(l->profile, file),
        .start_line = vm_function->line_defined,
    };
    if (line == 0)
        line = vm_function->line_defined;
    return add_location(l, stand_in_address(name, file, line), &function, line);
}

uint32_t locations_note(struct locations *l, const char *note)
{
    struct profile_function function = {.name = profile_text(l->profile, note)};
    return add_location(l, stand_in_address(note, "", 0), &function, 0);
}

static uint32_t make_location(struct locations *l, uint32_t id)
{
    struct frame frame = frames_get(id);
    switch (frame.kind) {
    case FRAME_NATIVE:
        return make_native_location(l, frame.pc);
    case FRAME_C:
        return make_c_location(l, &frame);
    case FRAME_LUA:
        return make_lua_location(l, frames_vm_function(frame.function),
                                 frame.line);
    default:
        return locations_note(l, frame.note);
    }
}

uint32_t locations_get(struct locations *l, uint32_t frame)
{
    if (frame >= l->n_ids) {
        uint32_t n = (frame + 1) * 2;
        uint32_t *grown = realloc(l->ids, n * sizeof *grown);
        if (!grown)
            return 0;
        memset(grown + l->n_ids, 0, (n - l->n_ids) * sizeof *grown);
        l->ids = grown;
        l->n_ids = n;
    }
    if (l->ids[frame] == 0)
        l->ids[frame] = make_location(l, frame);
    return l->ids[frame];
}

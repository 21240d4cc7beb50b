#include "sample/build/locations.h"

#include <stdlib.h>
#include <string.h>

#include "base/index.h"
#include "profile/profile.h"
#include "sample/tables/c_names.h"
#include "sample/tables/frames.h"
#include "sample/tables/vm_functions.h"
#include "sample/build/known_symbols.h"
#include "sample/build/vm_names.h"
#include "sample/platform/symbolize.h"

/* An executable mapping that is in the profile already, and its id there. */
struct known_mapping {
    struct symbol_mapping mapping;
    uint32_t id;
};

struct locations {
    struct profile *profile;
    struct vm_names *names;
    struct symbolizer *symbolizer;
    uint32_t *ids; /* location id by frame id; 0: no location yet */
    uint32_t n_ids;
    struct known_mapping *mappings;
    uint32_t n_mappings;
};

void locations_free(struct locations *l)
{
    if (!l)
        return;
    vm_names_free(l->names);
    symbolizer_free(l->symbolizer);
    free(l->ids);
    free(l->mappings);
    free(l);
}

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

static uint32_t add_location(struct locations *l, uint32_t mapping,
                             uint64_t address,
                             const struct profile_function *function,
                             int64_t line)
{
    struct profile_line one = {
        .function = profile_add_function(l->profile, function), .line = line};
    struct profile_location location = {
        .mapping = mapping, .address = address, .lines = &one, .n_lines = 1};
    return profile_add_location(l->profile, &location);
}

/* Returns the id of the mapping that holds `pc`, 0 if there is none or memory
 * is short. */
static uint32_t mapping_of(struct locations *l, uintptr_t pc)
{
    for (uint32_t i = 0; i < l->n_mappings; i++)
        if (l->mappings[i].mapping.start <= pc &&
            pc < l->mappings[i].mapping.limit)
            return l->mappings[i].id;
    struct known_mapping *grown =
        realloc(l->mappings, (l->n_mappings + 1) * sizeof *grown);
    if (!grown)
        return 0;
    l->mappings = grown;
    struct known_mapping *known = &grown[l->n_mappings];
    if (!symbolize_mapping(pc, &known->mapping))
        return 0;
    struct profile_mapping mapping = {
        .start = known->mapping.start,
        .limit = known->mapping.limit,
        .offset = known->mapping.offset,
        .filename = profile_text(l->profile, known->mapping.file),
        .build_id = profile_text(l->profile, known->mapping.build_id),
    };
    known->id = profile_add_mapping(l->profile, &mapping);
    l->n_mappings++;
    return known->id;
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

static void find_symbol(struct locations *l, uintptr_t pc,
                        struct symbol *symbol)
{
    if (known_symbols_get(pc, symbol))
        return;
    symbolize(l->symbolizer, pc, symbol);
    known_symbols_add(pc, symbol);
}

static uint32_t make_native_location(struct locations *l, uintptr_t pc)
{
    struct symbol symbol;
    find_symbol(l, pc, &symbol);
    struct profile_function function = {
        .name = profile_text(l->profile, symbol.name),
        .filename = profile_text(l->profile, symbol.file),
        .start_line = symbol.start_line,
    };
    return add_location(l, mapping_of(l, pc), pc, &function, symbol.line);
}

static uint32_t make_c_location(struct locations *l, lua_CFunction c)
{
    struct symbol symbol;
    char name[64];
    find_symbol(l, (uintptr_t)c, &symbol);
    bool known = c_names_get(c, name, sizeof name);
    struct profile_function function = {
        .name = profile_text(l->profile, known ? name : symbol.name),
        .filename = profile_text(l->profile, symbol.file),
        .start_line = symbol.start_line,
    };
    uint64_t address = stand_in_address(known ? name : symbol.name, symbol.file,
                                        symbol.start_line);
    return add_location(l, 0, address, &function, symbol.start_line);
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
    return add_location(l, 0, stand_in_address(name, file, line), &function,
                        line);
}

uint32_t locations_note(struct locations *l, const char *note)
{
    struct profile_function function = {.name = profile_text(l->profile, note)};
    return add_location(l, 0, stand_in_address(note, "", 0), &function, 0);
}

static uint32_t make_location(struct locations *l, uint32_t id)
{
    struct frame frame = frames_get(id);
    switch (frame.kind) {
    case FRAME_NATIVE:
        return make_native_location(l, frame.pc);
    case FRAME_C:
        return make_c_location(l, frame.c);
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

#include "sample/platform/code_map.h"

#include <fcntl.h>
#include <gelf.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct range {
    uintptr_t start, end;
    enum code_kind kind;
    char *name;
};

/* Sorted by start, disjoint. Written by code_map_init only, never freed. */
static struct range *ranges;
static size_t n_ranges;

/* Returns true for names of the core: lua_call, luaD_precall,
 * archive_lua_resume. Names with luaL_, luaB_ and luaopen_ belong to ordinary
 * users of the API. So no function of this program may have a name that begins
 * with "lua_", except those of is_replaced_function. */
static bool is_core_name(const char *name)
{
    if (strncmp(name, "archive_", 8) == 0)
        name += 8;
    if (strncmp(name, "lua", 3) != 0)
        return false;
    if (name[3] == '_')
        return true;
    bool is_module = name[3] >= 'A' && name[3] <= 'Z' && name[4] == '_';
    return is_module && name[3] != 'L' && name[3] != 'B';
}

/* Returns true if hooks/lua_api.c defines the function, which then lies far
 * from the archive's members. */
static bool is_replaced_function(const char *name)
{
    return strcmp(name, "lua_resume") == 0 || strcmp(name, "lua_load") == 0 ||
           strcmp(name, "lua_resetthread") == 0 ||
           strcmp(name, "lua_close") == 0 ||
           strcmp(name, "lua_newthread") == 0 ||
           strcmp(name, "lua_sethook") == 0 ||
           strncmp(name, "lua_gethook", 11) == 0;
}

static enum code_kind kind_of_core_function(const char *name)
{
    static const struct {
        const char *name;
        enum code_kind kind;
    } special[] = {
        {"luaV_execute", CODE_VM},         {"luaD_precall", CODE_C_CALL},
        {"luaD_pretailcall", CODE_C_CALL}, {"precallC", CODE_C_CALL},
        {"unroll", CODE_C_CALL},           {"resume", CODE_C_CALL},
        {"GCTM", CODE_COLLECTOR},
    };
    for (size_t i = 0; i < sizeof special / sizeof *special; i++) {
        size_t n = strlen(special[i].name);
        if (strncmp(name, special[i].name, n) == 0 &&
            (name[n] == '\0' || name[n] == '.'))
            return special[i].kind;
    }
    return CODE_CORE;
}

/* A function as the symbol table describes it. */
struct function {
    const char *name;
    uintptr_t start, end;
};

typedef void (*function_fn)(const struct function *function, void *ctx);

/* Calls `fn` for each function of the symbol table. `bias` is the difference
 * between addresses in memory and in the file. */
static void each_function(Elf *elf, uintptr_t bias, function_fn fn, void *ctx)
{
    Elf_Scn *section = NULL;
    while (elf && (section = elf_nextscn(elf, section))) {
        GElf_Shdr header;
        Elf_Data *data = elf_getdata(section, NULL);
        if (!gelf_getshdr(section, &header) || !data ||
            header.sh_type != SHT_SYMTAB || header.sh_entsize == 0)
            continue;
        size_t n = header.sh_size / header.sh_entsize;
        for (size_t i = 0; i < n; i++) {
            GElf_Sym symbol;
            if (!gelf_getsym(data, (int)i, &symbol) ||
                GELF_ST_TYPE(symbol.st_info) != STT_FUNC || symbol.st_size == 0)
                continue;
            struct function f = {
                elf_strptr(elf, header.sh_link, symbol.st_name),
                bias + symbol.st_value,
                bias + symbol.st_value + symbol.st_size,
            };
            if (f.name)
                fn(&f, ctx);
        }
    }
}

/* Extends `ctx`, a struct range, to hold the core function `f`. The archive's
 * core members lie side by side, so the range from the first to the last
 * function with a core name also holds the core's static functions. Functions
 * with a dot in their name (luaV_execute.cold) are left out: the linker may
 * have moved them far away. */
static void extend_core(const struct function *f, void *ctx)
{
    struct range *core = ctx;
    if (!is_core_name(f->name) || is_replaced_function(f->name) ||
        strchr(f->name, '.'))
        return;
    if (core->end == 0 || f->start < core->start)
        core->start = f->start;
    if (f->end > core->end)
        core->end = f->end;
}

/* Adds `f` to the map if it belongs to the core, whose range is `ctx`. */
static void add_core(const struct function *f, void *ctx)
{
    const struct range *core = ctx;
    bool inside = core->start <= f->start && f->end <= core->end;
    bool is_core = inside || is_core_name(f->name);
    if (!is_core && strcmp(f->name, "resizebox") != 0)
        return;
    struct range *grown = realloc(ranges, (n_ranges + 1) * sizeof *ranges);
    if (!grown)
        return;
    ranges = grown;
    ranges[n_ranges++] = (struct range){
        f->start, f->end, is_core ? kind_of_core_function(f->name) : CODE_OTHER,
        strdup(f->name)};
}

static int by_start(const void *a, const void *b)
{
    const struct range *x = a, *y = b;
    return x->start < y->start ? -1 : x->start > y->start;
}

static int first_object(struct dl_phdr_info *info, size_t size, void *ctx)
{
    (void)size;
    *(uintptr_t *)ctx = info->dlpi_addr;
    return 1; /* stops the iteration: the first object is the program */
}

static bool has_kind(enum code_kind kind)
{
    for (size_t i = 0; i < n_ranges; i++)
        if (ranges[i].kind == kind)
            return true;
    return false;
}

bool code_map_init(struct err *err)
{
    uintptr_t bias = 0;
    dl_iterate_phdr(first_object, &bias);
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    elf_version(EV_CURRENT);
    Elf *elf = fd < 0 ? NULL : elf_begin(fd, ELF_C_READ, NULL);
    struct range core = {0};
    each_function(elf, bias, extend_core, &core);
    each_function(elf, bias, add_core, &core);
    elf_end(elf);
    if (fd >= 0)
        close(fd);
    qsort(ranges, n_ranges, sizeof *ranges, by_start);
    if (has_kind(CODE_VM) && has_kind(CODE_C_CALL) && has_kind(CODE_COLLECTOR))
        return true;
    n_ranges = 0;
    return err_set(err, "the program's symbol table lacks luaV_execute, "
                        "luaD_precall or GCTM: is it stripped?");
}

static const struct range *find_range(uintptr_t pc)
{
    size_t low = 0, high = n_ranges;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (ranges[middle].end <= pc)
            low = middle + 1;
        else
            high = middle;
    }
    return low < n_ranges && ranges[low].start <= pc ? &ranges[low] : NULL;
}

enum code_kind code_map_kind(uintptr_t pc)
{
    const struct range *range = find_range(pc);
    return range ? range->kind : CODE_OTHER;
}

const char *code_map_name(uintptr_t pc)
{
    const struct range *range = find_range(pc);
    return range && range->name ? range->name : "";
}

#include "sample/platform/debug_info.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sample/platform/debug_file.h"
#include "sample/platform/symbol_table.h"

struct debug_info {
    Dwfl *dwfl; /* NULL until the first lookup */
};

static const Dwfl_Callbacks callbacks = {
    .find_elf = debug_file_find_elf,
    .find_debuginfo = debug_file_find_debuginfo,
};

/* When glibc frees a large block, it takes blocks of that size from a thread's
 * arena from then on, and keeps twice as much there. libdw's blocks of up to
 * 10 MB would stay in memory in this way, and malloc_trim does not free the end
 * of an arena. Fixed limits avoid both. */
static void fix_malloc_limits(void)
{
    mallopt(M_MMAP_THRESHOLD, 1 << 20);
    mallopt(M_TRIM_THRESHOLD, 2 << 20);
}

struct debug_info *debug_info_open(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, fix_malloc_limits);
    return calloc(1, sizeof(struct debug_info));
}

/* Returns the loaded object that holds `pc`, or NULL. Reads the list of loaded
 * objects again if no known object holds it, because a library may be new. */
static Dwfl_Module *module_at(struct debug_info *info, uintptr_t pc)
{
    Dwfl_Module *module = info->dwfl ? dwfl_addrmodule(info->dwfl, pc) : NULL;
    if (module)
        return module;
    if (!info->dwfl && !(info->dwfl = dwfl_begin(&callbacks)))
        return NULL;
    dwfl_report_begin_add(info->dwfl);
    dwfl_linux_proc_report(info->dwfl, getpid());
    dwfl_report_end(info->dwfl, NULL, NULL);
    return dwfl_addrmodule(info->dwfl, pc);
}

/* Returns the compilation unit that holds `pc`, or NULL. Sets `*bias` to the
 * difference between addresses in memory and in the unit. Some compilers
 * (clang) write no index of addresses, so all units are asked. */
static Dwarf_Die *unit_at(Dwfl_Module *module, uintptr_t pc, Dwarf_Addr *bias)
{
    Dwarf_Die *unit = dwfl_module_addrdie(module, pc, bias);
    if (unit)
        return unit;
    while ((unit = dwfl_module_nextcu(module, unit, bias)))
        if (dwarf_haspc(unit, pc - *bias) > 0)
            return unit;
    return NULL;
}

/* The functions at an address as their DWARF entries: the function itself
 * first, then the functions inlined into it, each into the one before. */
struct chain {
    Dwarf_Die entries[DEBUG_INFO_MAX];
    unsigned n; /* may be greater: then the innermost have no entry */
};

static bool is_function(int tag)
{
    return tag == DW_TAG_subprogram || tag == DW_TAG_inlined_subroutine;
}

/* Returns true if both are the same function of the source. GCC splits a
 * function and inlines the part into the rest again. */
static bool is_same_source(Dwarf_Die *a, Dwarf_Die *b)
{
    const char *x = dwarf_diename(a), *y = dwarf_diename(b);
    int line_of_a = 0, line_of_b = 0;
    dwarf_decl_line(a, &line_of_a);
    dwarf_decl_line(b, &line_of_b);
    return x && y && strcmp(x, y) == 0 && line_of_a == line_of_b;
}

static void add_function(struct chain *chain, const Dwarf_Die *die)
{
    Dwarf_Die function = *die;
    unsigned n = chain->n;
    if (n > 0 && n <= DEBUG_INFO_MAX &&
        is_same_source(&chain->entries[n - 1], &function))
        return;
    if (n < DEBUG_INFO_MAX)
        chain->entries[n] = function;
    chain->n++;
}

/* Adds the functions at `pc` that stand below `parent`. */
static void find_functions(Dwarf_Die *parent, Dwarf_Addr pc,
                           struct chain *chain)
{
    Dwarf_Die die;
    unsigned n_before = chain->n;
    if (dwarf_child(parent, &die) != 0)
        return;
    do {
        int tag = dwarf_tag(&die);
        if (tag == DW_TAG_namespace) { /* has no addresses of its own */
            find_functions(&die, pc, chain);
        } else if ((is_function(tag) || tag == DW_TAG_lexical_block) &&
                   dwarf_haspc(&die, pc) > 0) {
            if (is_function(tag))
                add_function(chain, &die);
            find_functions(&die, pc, chain);
            return;
        }
    } while (chain->n == n_before && dwarf_siblingof(&die, &die) == 0);
}

/* Returns the name of a C++ function as the linker knows it, because pprof
 * translates that, and the plain name of others. Returns NULL if there is none.
 */
static const char *function_name(Dwarf_Die *function)
{
    Dwarf_Attribute attribute;
    const char *name = dwarf_formstring(
        dwarf_attr_integrate(function, DW_AT_linkage_name, &attribute));
    if (!name || strncmp(name, "_Z", 2) != 0)
        name = dwarf_diename(function);
    return name;
}

/* Removes "/." and "/FOLDER/.." from an absolute path. */
static void shorten_path(char *path)
{
    char *out = path;
    for (char *at = path; *at;) {
        size_t n = 1 + strcspn(at + 1, "/"); /* "/NAME" */
        if (n == 3 && memcmp(at, "/..", 3) == 0) {
            while (out > path && *--out != '/')
                ;
        } else if (n > 1 && !(n == 2 && at[1] == '.')) {
            memmove(out, at, n);
            out += n;
        }
        at += n;
    }
    *out = '\0';
}

/* Writes the path of a source file. A relative path begins at the folder in
 * which the unit was compiled. */
static void put_path(Dwarf_Die *unit, const char *path, char *out, size_t size)
{
    Dwarf_Attribute attribute;
    const char *folder =
        dwarf_formstring(dwarf_attr(unit, DW_AT_comp_dir, &attribute));
    if (*path != '/' && folder && *folder == '/')
        snprintf(out, size, "%s/%s", folder, path);
    else
        snprintf(out, size, "%s", path);
    if (*out == '/')
        shorten_path(out);
}

/* A place in the source. */
struct place {
    const char *file; /* NULL: unknown */
    int line;         /* 0: unknown */
};

/* Returns the place of the instruction at `pc`. */
static struct place place_at(Dwarf_Die *unit, Dwarf_Addr pc)
{
    struct place place = {0};
    Dwarf_Line *row = dwarf_getsrc_die(unit, pc);
    if (row) {
        place.file = dwarf_linesrc(row, NULL, NULL);
        dwarf_lineno(row, &place.line);
    }
    return place;
}

static Dwarf_Word number_of(Dwarf_Die *die, unsigned name)
{
    Dwarf_Attribute attribute;
    Dwarf_Word value = 0;
    dwarf_formudata(dwarf_attr(die, name, &attribute), &value);
    return value;
}

/* Returns the place to which `inlined` was inlined. */
static struct place call_place(Dwarf_Die *unit, Dwarf_Die *inlined)
{
    struct place place = {.line = (int)number_of(inlined, DW_AT_call_line)};
    Dwarf_Files *files;
    size_t n;
    if (dwarf_getsrcfiles(unit, &files, &n) == 0)
        place.file = dwarf_filesrc(files, number_of(inlined, DW_AT_call_file),
                                   NULL, NULL);
    return place;
}

/* Returns the place where a function begins. Assemblers do not tell, but the
 * function's first instruction does. */
static struct place first_place(Dwarf_Die *unit, Dwarf_Die *function)
{
    struct place place = {.file = dwarf_decl_file(function)};
    Dwarf_Addr entry;
    if (place.file)
        dwarf_decl_line(function, &place.line);
    else if (dwarf_entrypc(function, &entry) == 0)
        place = place_at(unit, entry);
    return place;
}

/* Writes `place` and, unless it is in another file, the line of `first`. Code
 * that an #include has brought into the body is in another file. */
static void put_place(Dwarf_Die *unit, struct place place, struct place first,
                      struct debug_line *out)
{
    out->line = place.line;
    if (place.file)
        put_path(unit, place.file, out->file, sizeof out->file);
    if (place.file && first.file && strcmp(first.file, place.file) == 0)
        out->start_line = first.line;
}

/* Returns true if the author wants the inlined function not to be seen, by
 * __attribute__((artificial)). The compiler's intrinsics are such functions. */
static bool is_artificial(Dwarf_Die *function)
{
    Dwarf_Attribute attribute;
    bool is_set = false;
    dwarf_formflag(dwarf_attr_integrate(function, DW_AT_artificial, &attribute),
                   &is_set);
    return is_set;
}

/* Writes the functions of `chain`, innermost first, and returns their number.
 */
static unsigned put_chain(Dwarf_Die *unit, Dwarf_Addr pc, struct chain *chain,
                          struct debug_line *lines)
{
    struct place place = place_at(unit, pc);
    unsigned n = 0, left = chain->n;
    if (left > DEBUG_INFO_MAX) { /* the last entry only tells the place */
        left = DEBUG_INFO_MAX - 1;
        place = call_place(unit, &chain->entries[left]);
    }
    while (left-- > 0) {
        Dwarf_Die *function = &chain->entries[left];
        if (left == 0 || !is_artificial(function)) {
            lines[n] = (struct debug_line){.name = function_name(function)};
            put_place(unit, place, first_place(unit, function), &lines[n++]);
        }
        place = call_place(unit, function);
    }
    return n;
}

void debug_info_close(struct debug_info *info)
{
    if (!info)
        return;
    if (info->dwfl) {
        symbol_table_free_all(info->dwfl);
        dwfl_end(info->dwfl);
        malloc_trim(0); /* glibc would keep what libdw has freed */
    }
    free(info);
}

/* Returns true if `pc` is in a PLT section: in one of the stubs through which
 * calls to other objects go. */
static bool is_plt(Dwfl_Module *module, uintptr_t pc)
{
    Dwarf_Addr address = pc, bias;
    size_t names;
    Elf_Scn *section = dwfl_module_address_section(module, &address, &bias);
    Elf *elf = section ? dwfl_module_getelf(module, &bias) : NULL;
    GElf_Shdr header;
    if (!elf || elf_getshdrstrndx(elf, &names) != 0 ||
        !gelf_getshdr(section, &header))
        return false;
    const char *name = elf_strptr(elf, names, header.sh_name);
    return name && strncmp(name, ".plt", 4) == 0;
}

unsigned debug_info_find(struct debug_info *info, uintptr_t pc,
                         struct debug_line lines[DEBUG_INFO_MAX])
{
    Dwarf_Addr bias = 0;
    Dwfl_Module *module = module_at(info, pc);
    if (!module)
        return 0;
    Dwarf_Die *unit = unit_at(module, pc, &bias);
    const struct code_symbol *symbol = symbol_table_find(module, pc);
    struct chain chain;
    chain.n = 0;
    if (unit)
        find_functions(unit, pc - bias, &chain);
    unsigned n = unit ? put_chain(unit, pc - bias, &chain, lines) : 0;
    if (n == 0) {
        lines[n++] = (struct debug_line){0};
        if (unit)
            put_place(unit, place_at(unit, pc - bias),
                      place_at(unit, (symbol ? symbol->start : pc) - bias),
                      &lines[0]);
    }
    if (symbol) /* what callers call it: "free", not "__libc_free" */
        lines[n - 1].name = symbol->name;
    else if (!lines[n - 1].name && is_plt(module, pc))
        lines[n - 1].name = "[plt]";
    return n;
}

const char *debug_info_object(struct debug_info *info, uintptr_t pc,
                              uintptr_t *start)
{
    Dwarf_Addr first;
    Dwfl_Module *module = module_at(info, pc);
    const char *file = module ? dwfl_module_info(module, NULL, &first, NULL,
                                                 NULL, NULL, NULL, NULL)
                              : NULL;
    if (!file)
        return NULL;
    const char *slash = strrchr(file, '/');
    *start = first;
    return slash ? slash + 1 : file;
}

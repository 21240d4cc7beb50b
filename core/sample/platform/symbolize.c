#define UNW_LOCAL_ONLY
#include "sample/platform/symbolize.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>
#include <inttypes.h>
#include <libunwind.h>
#include <link.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sample/platform/quiet.h"

struct symbolizer {
    Dwfl *dwfl; /* NULL until the first lookup */
};

static char *debuginfo_path; /* NULL: the standard folders */
static const Dwfl_Callbacks callbacks = {
    .find_elf = dwfl_linux_proc_find_elf,
    .find_debuginfo = dwfl_standard_find_debuginfo,
    .debuginfo_path = &debuginfo_path,
};

struct symbolizer *symbolizer_new(void)
{
    return calloc(1, sizeof(struct symbolizer));
}

void symbolizer_free(struct symbolizer *s)
{
    if (s && s->dwfl) {
        dwfl_end(s->dwfl);
        malloc_trim(0); /* glibc would keep what libdw has freed */
    }
    free(s);
}

/* Returns the loaded object that holds `pc`, or NULL. Reads the list of loaded
 * objects again if no known object holds it, because a library may be new. */
static Dwfl_Module *module_at(struct symbolizer *s, uintptr_t pc)
{
    Dwfl_Module *module = s->dwfl ? dwfl_addrmodule(s->dwfl, pc) : NULL;
    if (module)
        return module;
    if (!s->dwfl && !(s->dwfl = dwfl_begin(&callbacks)))
        return NULL;
    dwfl_report_begin_add(s->dwfl);
    dwfl_linux_proc_report(s->dwfl, getpid());
    dwfl_report_end(s->dwfl, NULL, NULL);
    return dwfl_addrmodule(s->dwfl, pc);
}

uintptr_t symbolize_function_start(uintptr_t pc)
{
    unw_proc_info_t info;
    quiet_enter(); /* or a sampled allocation in libunwind would enter it again,
                      and libunwind is not re-entrant */
    int error = unw_get_proc_info_by_ip(unw_local_addr_space, pc, &info, NULL);
    quiet_leave();
    return error || !info.start_ip ? pc : info.start_ip;
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

/* Writes the symbol's name, or "[plt]", or "OBJECT+0xOFFSET". */
static bool name_at(Dwfl_Module *module, uintptr_t pc, char *out, size_t size)
{
    GElf_Off offset;
    GElf_Sym symbol;
    const char *name =
        dwfl_module_addrinfo(module, pc, &offset, &symbol, NULL, NULL, NULL);
    if (name && offset < symbol.st_size) {
        snprintf(out, size, "%s", name);
        return true;
    }
    if (is_plt(module, pc)) {
        snprintf(out, size, "[plt]");
        return true;
    }
    Dwarf_Addr start;
    const char *file =
        dwfl_module_info(module, NULL, &start, NULL, NULL, NULL, NULL, NULL);
    const char *slash = file ? strrchr(file, '/') : NULL;
    snprintf(out, size, "%s+0x%" PRIxPTR, slash ? slash + 1 : file,
             symbolize_function_start(pc) - (uintptr_t)start);
    return true;
}

static void line_at(Dwfl_Module *module, uintptr_t pc, struct symbol *symbol)
{
    Dwfl_Line *line = dwfl_module_getsrc(module, pc);
    int number = 0;
    const char *file =
        line ? dwfl_lineinfo(line, NULL, &number, NULL, NULL, NULL) : NULL;
    if (!file)
        return;
    snprintf(symbol->file, sizeof symbol->file, "%s", file);
    symbol->line = number;
    line = dwfl_module_getsrc(module, symbolize_function_start(pc));
    if (line && dwfl_lineinfo(line, NULL, &number, NULL, NULL, NULL))
        symbol->start_line = number;
}

void symbolize(struct symbolizer *s, uintptr_t pc, struct symbol *symbol)
{
    *symbol = (struct symbol){0};
    Dwfl_Module *module = module_at(s, pc);
    if (module) {
        name_at(module, pc, symbol->name, sizeof symbol->name);
        line_at(module, pc, symbol);
    } else {
        snprintf(symbol->name, sizeof symbol->name, "0x%" PRIxPTR, pc);
    }
}

bool symbolize_name(struct symbolizer *s, uint64_t pc, char *out, size_t size)
{
    Dwfl_Module *module = module_at(s, (uintptr_t)pc);
    return module && name_at(module, (uintptr_t)pc, out, size);
}

/* An object of the process that dl_iterate_phdr looks for. */
struct build_id_search {
    uintptr_t pc;
    struct symbol_mapping *mapping; /* gets the build ID */
};

static void write_build_id(const ElfW(Nhdr) * note, struct symbol_mapping *m)
{
    const unsigned char *bits =
        (const unsigned char *)(note + 1) + sizeof ELF_NOTE_GNU;
    for (size_t i = 0; i < note->n_descsz; i++)
        if (2 * (i + 1) < sizeof m->build_id)
            snprintf(m->build_id + 2 * i, 3, "%02x", bits[i]);
}

/* Reads the build ID from the notes of a loaded object, if they hold one. */
static void read_notes(uintptr_t start, size_t size, struct symbol_mapping *m)
{
    const size_t name_bytes = sizeof ELF_NOTE_GNU;
    while (size >= sizeof(ElfW(Nhdr)) + name_bytes) {
        const ElfW(Nhdr) *note = (const void *)start;
        size_t used = sizeof *note + (note->n_namesz + 3) / 4 * 4 +
                      (note->n_descsz + 3) / 4 * 4;
        if (used > size)
            return;
        if (note->n_type == NT_GNU_BUILD_ID && note->n_namesz == name_bytes &&
            memcmp(note + 1, ELF_NOTE_GNU, name_bytes) == 0)
            write_build_id(note, m);
        start += used;
        size -= used;
    }
}

static bool object_holds(const struct dl_phdr_info *object, uintptr_t pc)
{
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
        if (segment->p_type == PT_LOAD &&
            pc - (object->dlpi_addr + segment->p_vaddr) < segment->p_memsz)
            return true;
    }
    return false;
}

static int read_build_id(struct dl_phdr_info *object, size_t size, void *ctx)
{
    (void)size;
    struct build_id_search *search = ctx;
    if (!object_holds(object, search->pc))
        return 0;
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
        if (segment->p_type == PT_NOTE)
            read_notes(object->dlpi_addr + segment->p_vaddr, segment->p_memsz,
                       search->mapping);
    }
    return 1;
}

bool symbolize_mapping(uintptr_t pc, struct symbol_mapping *mapping)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    char line[1024];
    bool found = false;
    *mapping = (struct symbol_mapping){0};
    while (maps && !found && fgets(line, sizeof line, maps)) {
        char access[8];
        int n = sscanf(
            line, "%" SCNx64 "-%" SCNx64 " %7s %" SCNx64 " %*s %*s %511[^\n]",
            &mapping->start, &mapping->limit, access, &mapping->offset,
            mapping->file);
        found = n >= 4 && mapping->start <= pc && pc < mapping->limit;
        if (n < 5)
            mapping->file[0] = '\0';
    }
    if (maps)
        fclose(maps);
    if (!found)
        return false;
    dl_iterate_phdr(read_build_id, &(struct build_id_search){pc, mapping});
    return true;
}

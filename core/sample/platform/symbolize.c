#define UNW_LOCAL_ONLY
#include "sample/platform/symbolize.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>
#include <inttypes.h>
#include <libunwind.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sample/platform/quiet.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static Dwfl *dwfl; /* [lock] */

static char *debuginfo_path; /* NULL: the standard folders */
static const Dwfl_Callbacks callbacks = {
    .find_elf = dwfl_linux_proc_find_elf,
    .find_debuginfo = dwfl_standard_find_debuginfo,
    .debuginfo_path = &debuginfo_path,
};

/* Returns the loaded object that holds `pc`, or NULL. Reads the list of loaded
 * objects again if no known object holds it, because a library may be new.
 * [lock] */
static Dwfl_Module *module_at(uintptr_t pc)
{
    Dwfl_Module *module = dwfl ? dwfl_addrmodule(dwfl, pc) : NULL;
    if (module)
        return module;
    if (!dwfl && !(dwfl = dwfl_begin(&callbacks)))
        return NULL;
    dwfl_report_begin_add(dwfl);
    dwfl_linux_proc_report(dwfl, getpid());
    dwfl_report_end(dwfl, NULL, NULL);
    return dwfl_addrmodule(dwfl, pc);
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
 * calls to other objects go. [lock] */
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

/* Writes the symbol's name, or "[plt]", or "OBJECT+0xOFFSET". [lock] */
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

/* [lock] */
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

void symbolize(uintptr_t pc, struct symbol *symbol)
{
    *symbol = (struct symbol){0};
    pthread_mutex_lock(&lock);
    Dwfl_Module *module = module_at(pc);
    if (module) {
        name_at(module, pc, symbol->name, sizeof symbol->name);
        line_at(module, pc, symbol);
    } else {
        snprintf(symbol->name, sizeof symbol->name, "0x%" PRIxPTR, pc);
    }
    pthread_mutex_unlock(&lock);
}

bool symbolize_name(uint64_t pc, char *out, size_t size)
{
    pthread_mutex_lock(&lock);
    Dwfl_Module *module = module_at((uintptr_t)pc);
    bool found = module && name_at(module, (uintptr_t)pc, out, size);
    pthread_mutex_unlock(&lock);
    return found;
}

/* [lock] */
static void read_build_id(uintptr_t pc, char *out, size_t size)
{
    Dwfl_Module *module = module_at(pc);
    const unsigned char *bits;
    GElf_Addr address;
    GElf_Addr bias;
    /* libdw knows the id only after it has opened the object's file. */
    if (!module || !dwfl_module_getelf(module, &bias))
        return;
    int n = dwfl_module_build_id(module, &bits, &address);
    for (int i = 0; i < n && (size_t)(i + 1) * 2 < size; i++)
        snprintf(out + i * 2, 3, "%02x", bits[i]);
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
    pthread_mutex_lock(&lock);
    read_build_id(pc, mapping->build_id, sizeof mapping->build_id);
    pthread_mutex_unlock(&lock);
    return true;
}

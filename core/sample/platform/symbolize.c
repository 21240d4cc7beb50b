#define UNW_LOCAL_ONLY
#include "sample/platform/symbolize.h"

#include <elf.h>
#include <inttypes.h>
#include <libunwind.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sample/platform/debug_info.h"
#include "sample/platform/quiet.h"

_Static_assert((int)SYMBOLS_MAX == (int)DEBUG_INFO_MAX, "one limit");

/* Longer names, of C++ templates, are cut. */
enum { NAME_BYTES = 1024 };

struct symbolizer {
    struct debug_info *debug_info;
    /* The strings of the last lookup. */
    struct debug_line lines[SYMBOLS_MAX];
    char names[SYMBOLS_MAX][NAME_BYTES];
};

struct symbolizer *symbolizer_new(void)
{
    struct symbolizer *s = calloc(1, sizeof *s);
    if (s && !(s->debug_info = debug_info_open())) {
        free(s);
        return NULL;
    }
    return s;
}

void symbolizer_free(struct symbolizer *s)
{
    if (!s)
        return;
    debug_info_close(s->debug_info);
    free(s);
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

/* Returns the length of `name` without what compilers and the linker have
 * added: the clone that was made of a function, and the version of a symbol. */
static size_t length_without_suffixes(const char *name)
{
    static const char *const suffixes[] = {
        ".constprop.", ".isra.", ".part.", ".cold", ".lto_priv.", ".llvm.", "@",
    };
    size_t n = strlen(name);
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        const char *at = strstr(name, suffixes[i]);
        if (at && at > name && (size_t)(at - name) < n)
            n = (size_t)(at - name);
    }
    return n;
}

static void put_name(struct symbolizer *s, uintptr_t pc,
                     const struct debug_line *line, char *out, size_t size)
{
    uintptr_t start = 0;
    if (line->name) {
        snprintf(out, size, "%.*s", (int)length_without_suffixes(line->name),
                 line->name);
        return;
    }
    const char *object = debug_info_object(s->debug_info, pc, &start);
    snprintf(out, size, "%s+0x%" PRIxPTR, object ? object : "",
             symbolize_function_start(pc) - start);
}

unsigned symbolize(struct symbolizer *s, uintptr_t pc,
                   struct symbol symbols[SYMBOLS_MAX])
{
    unsigned n = debug_info_find(s->debug_info, pc, s->lines);
    for (unsigned i = 0; i < n; i++) {
        const struct debug_line *line = &s->lines[i];
        put_name(s, pc, line, s->names[i], sizeof s->names[i]);
        bool has_system_name =
            line->name && (strcmp(line->name, s->names[i]) != 0 ||
                           strncmp(line->name, "_Z", 2) == 0);
        symbols[i] = (struct symbol){
            .name = s->names[i],
            .system_name = has_system_name ? line->name : "",
            .file = line->file,
            .start_line = line->start_line,
            .line = line->line,
        };
    }
    return n;
}

bool symbolize_name(struct symbolizer *s, uint64_t pc, char *out, size_t size)
{
    unsigned n = debug_info_find(s->debug_info, (uintptr_t)pc, s->lines);
    if (n > 0)
        put_name(s, (uintptr_t)pc, &s->lines[n - 1], out, size);
    return n > 0;
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

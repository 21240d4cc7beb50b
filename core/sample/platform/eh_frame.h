/* eh_frame.h -- finds and reads the descriptions of stack frames that compilers
 * write into the .eh_frame section of each object.
 *
 * A description (FDE) covers the code of one function and refers to what it
 * shares with others (a CIE). Both hold a short program, which unwind_rule.c
 * runs. Source: Linux Standard Base Core, "Exception Frames"; DWARF 5, 6.4.
 *
 * Reads take no lock and allocate nothing. They fault if a table is damaged.
 *
 * Path: loaded_objects.c -> [eh_frame] -> unwind_rule.c
 */
#ifndef SAMPLE_PLATFORM_EH_FRAME_H
#define SAMPLE_PLATFORM_EH_FRAME_H

#include <stdbool.h>
#include <stdint.h>

/* A place in a table, and the end that no read crosses: a read that would cross
 * it gives 0 and sets `failed`. */
struct eh_reader {
    const uint8_t *at, *end;
    bool failed;
};

uint8_t eh_read_u8(struct eh_reader *r);
uint16_t eh_read_u16(struct eh_reader *r);
uint32_t eh_read_u32(struct eh_reader *r);
/* LEB128 numbers (DWARF 5, section 7.6). */
uint64_t eh_read_unsigned(struct eh_reader *r);
int64_t eh_read_signed(struct eh_reader *r);
/* A pointer with this encoding (DW_EH_PE_*). Fails for the encodings that
 * x86-64 Linux does not use in .eh_frame. */
uintptr_t eh_read_pointer(struct eh_reader *r, uint8_t encoding);
/* A block behind its length. */
struct eh_reader eh_read_block(struct eh_reader *r);

struct eh_description {
    uintptr_t start; /* the first pc that the description covers */
    bool is_signal_frame;
    bool has_augmentation;    /* its data stands before the FDE's program */
    uint8_t pointer_encoding; /* of addresses of code */
    uint64_t code_unit;       /* factor of advances */
    int64_t data_unit;        /* factor of offsets */
    struct eh_reader initial; /* the program of the CIE */
    struct eh_reader program; /* the program of the FDE */
};

/* Finds the description of the code at `pc`. Returns false if there is none or
 * its form is not known. [any thread, signal, under fault_guard_run] */
bool eh_frame_find(uintptr_t pc, struct eh_description *d);

#endif

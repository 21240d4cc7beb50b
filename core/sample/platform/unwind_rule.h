/* unwind_rule.h -- tells, for a place in native code, how to find the caller's
 * registers.
 *
 * Compilers describe this in the .eh_frame section of each object: for each
 * stretch of code the canonical frame address (CFA: the stack pointer before
 * the call), and where the callee-saved registers lie. A lookup is a binary
 * search in .eh_frame_hdr and then a run of the description's program, which
 * takes 0.5 to 1 us; a cache for the whole process makes a repeated lookup take
 * some nanoseconds. A lookup takes no lock, allocates nothing and makes no
 * system call, so a signal handler may do it.
 *
 * Formats: DWARF 5, section 6.4, and Linux Standard Base Core, "Exception
 * Frames". x86-64 only. Of DWARF's expressions only the forms that compilers
 * and linkers write for this purpose are known; other code has no rule.
 *
 * A rule also says which part of the program the code is, so that a walk looks
 * up each place once.
 *
 * Path: loaded_objects.c, code_map.c -> [unwind_rule] -> walk/unwind.c
 */
#ifndef SAMPLE_PLATFORM_UNWIND_RULE_H
#define SAMPLE_PLATFORM_UNWIND_RULE_H

#include <stdint.h>

/* Registers by their DWARF numbers on x86-64. */
enum {
    UNWIND_RBX = 3,
    UNWIND_RBP = 6,
    UNWIND_RSP = 7,
    UNWIND_R10 = 10,
    UNWIND_R12 = 12,
    UNWIND_R13 = 13,
    UNWIND_R14 = 14,
    UNWIND_R15 = 15,
    UNWIND_N_REGISTERS = 16,
};

enum unwind_kind {
    UNWIND_NONE,   /* no known description: the stack cannot be followed */
    UNWIND_END,    /* the outermost frame of a stack */
    UNWIND_CFA,    /* CFA = register + offset */
    UNWIND_DEREF,  /* CFA = the word at register + offset (a realigned stack) */
    UNWIND_PLT,    /* an entry of a procedure linkage table */
    UNWIND_SIGNAL, /* the frame that the kernel makes for a signal handler */
};

/* What a rule restores: the return address, then the callee-saved registers of
 * unwind_saved_registers. */
enum { UNWIND_SAVED_RA, UNWIND_N_SAVED = 7 };

/* The DWARF number of each thing that a rule restores. */
extern const uint8_t unwind_saved_registers[UNWIND_N_SAVED];

/* Values of `saved` that are not an offset. */
enum { UNWIND_UNCHANGED = INT16_MIN, UNWIND_LOST = INT16_MIN + 1 };

struct unwind_rule {
    int32_t cfa_offset;   /* in bytes */
    uint8_t kind;         /* enum unwind_kind */
    uint8_t cfa_register; /* for UNWIND_CFA and UNWIND_DEREF */
    uint8_t by_rbp; /* bit i: saved[i] counts from rbp, not from the CFA */
    uint8_t code;   /* enum code_kind of the code at pc (code_map.h) */
    int16_t saved[UNWIND_N_SAVED]; /* where the caller's register lies: an
                                      offset in bytes, UNWIND_UNCHANGED or
                                      UNWIND_LOST */
    int16_t unused_too;
};

/* Returns the rule for the instruction that contains `pc`: an interrupted pc,
 * or the byte before a return address. Faults if an object's tables are
 * damaged. [any thread, signal, under fault_guard_run] */
struct unwind_rule unwind_rule_get(uintptr_t pc);

#endif

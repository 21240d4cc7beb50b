#include "sample/platform/eh_frame.h"

#include <stddef.h>
#include <string.h>

#include "sample/platform/loaded_objects.h"

static void read_bytes(struct eh_reader *r, void *out, size_t size)
{
    memset(out, 0, size);
    if (r->failed || (size_t)(r->end - r->at) < size) {
        r->failed = true;
        return;
    }
    memcpy(out, r->at, size);
    r->at += size;
}

uint8_t eh_read_u8(struct eh_reader *r)
{
    uint8_t value;
    read_bytes(r, &value, sizeof value);
    return value;
}

uint16_t eh_read_u16(struct eh_reader *r)
{
    uint16_t value;
    read_bytes(r, &value, sizeof value);
    return value;
}

uint32_t eh_read_u32(struct eh_reader *r)
{
    uint32_t value;
    read_bytes(r, &value, sizeof value);
    return value;
}

static uint64_t read_u64(struct eh_reader *r)
{
    uint64_t value;
    read_bytes(r, &value, sizeof value);
    return value;
}

/* Reads a LEB128 number of either sort. Sets *shift to the number of bits that
 * were read, and *last to the last byte. */
static uint64_t read_leb128(struct eh_reader *r, unsigned *shift, uint8_t *last)
{
    uint64_t value = 0;
    *shift = 0;
    do {
        *last = eh_read_u8(r);
        if (*shift < 64)
            value |= (uint64_t)(*last & 0x7f) << *shift;
        *shift += 7;
    } while (*last & 0x80);
    return value;
}

uint64_t eh_read_unsigned(struct eh_reader *r)
{
    unsigned shift;
    uint8_t last;
    return read_leb128(r, &shift, &last);
}

int64_t eh_read_signed(struct eh_reader *r)
{
    unsigned shift;
    uint8_t last;
    uint64_t value = read_leb128(r, &shift, &last);
    bool is_negative = last & 0x40;
    if (is_negative && shift < 64)
        value |= ~(uint64_t)0 << shift;
    return (int64_t)value;
}

/* DW_EH_PE_*: a format in the low bits, and what the value is relative to. */
enum {
    FORMAT_MASK = 0x0f,
    FORMAT_POINTER = 0x00,
    FORMAT_U32 = 0x03,
    FORMAT_U64 = 0x04,
    FORMAT_I32 = 0x0b,
    FORMAT_I64 = 0x0c,
    RELATIVE_MASK = 0xf0,
    RELATIVE_TO_PLACE = 0x10,
};

uintptr_t eh_read_pointer(struct eh_reader *r, uint8_t encoding)
{
    uintptr_t place = (uintptr_t)r->at, value = 0;
    switch (encoding & FORMAT_MASK) {
    case FORMAT_POINTER:
    case FORMAT_U64:
    case FORMAT_I64:
        value = read_u64(r);
        break;
    case FORMAT_U32:
        value = eh_read_u32(r);
        break;
    case FORMAT_I32:
        value = (uintptr_t)(intptr_t)(int32_t)eh_read_u32(r);
        break;
    default:
        r->failed = true;
    }
    if ((encoding & RELATIVE_MASK) == RELATIVE_TO_PLACE)
        value += place;
    else if ((encoding & RELATIVE_MASK) != 0)
        r->failed = true;
    return value;
}

struct eh_reader eh_read_block(struct eh_reader *r)
{
    uint64_t size = eh_read_unsigned(r);
    if (r->failed || size > (size_t)(r->end - r->at)) {
        r->failed = true;
        size = 0;
    }
    struct eh_reader block = {r->at, r->at + size, r->failed};
    r->at += size;
    return block;
}

/* Begins to read the entry of .eh_frame at `entry`, behind its length. */
static struct eh_reader entry_reader(const uint8_t *entry)
{
    uint32_t length;
    memcpy(&length, entry, sizeof length);
    const uint8_t *first = entry + sizeof length;
    /* 0 ends the section, and -1 announces 64-bit DWARF. */
    bool is_known = length != 0 && length != UINT32_MAX;
    return (struct eh_reader){first, first + (is_known ? length : 0),
                              !is_known};
}

/* Reads a CIE's augmentation data, which its string announces. */
static void read_augmentation(struct eh_description *d, struct eh_reader data,
                              const char *letters)
{
    for (; *letters && !data.failed; letters++) {
        if (*letters == 'R')
            d->pointer_encoding = eh_read_u8(&data);
        else if (*letters == 'P') /* the personality routine */
            eh_read_pointer(&data, eh_read_u8(&data) & FORMAT_MASK);
        else if (*letters == 'L') /* the encoding of exception tables */
            eh_read_u8(&data);
        else if (*letters == 'S')
            d->is_signal_frame = true;
    }
}

static bool read_cie(struct eh_description *d, const uint8_t *cie)
{
    enum { RETURN_ADDRESS = 16 };
    struct eh_reader r = entry_reader(cie);
    uint32_t id = eh_read_u32(&r);
    uint8_t version = eh_read_u8(&r);
    const char *letters = (const char *)r.at;
    while (eh_read_u8(&r) != 0)
        ;
    if (r.failed || id != 0 || (version != 1 && version != 3))
        return false;
    d->code_unit = eh_read_unsigned(&r);
    d->data_unit = eh_read_signed(&r);
    uint64_t column = version == 1 ? eh_read_u8(&r) : eh_read_unsigned(&r);
    d->has_augmentation = *letters == 'z';
    if (d->has_augmentation)
        read_augmentation(d, eh_read_block(&r), letters + 1);
    else if (*letters != '\0')
        return false;
    d->initial = r;
    return !r.failed && column == RETURN_ADDRESS;
}

/* Reads the FDE at `fde`. Returns false if it does not cover `pc` or its form
 * is not known. */
static bool read_fde(struct eh_description *d, const uint8_t *fde, uintptr_t pc)
{
    struct eh_reader r = entry_reader(fde);
    const uint8_t *place = r.at;
    uint32_t distance = eh_read_u32(&r);
    *d = (struct eh_description){0};
    if (r.failed || distance == 0 || !read_cie(d, place - distance))
        return false;
    d->start = eh_read_pointer(&r, d->pointer_encoding);
    uintptr_t size = eh_read_pointer(&r, d->pointer_encoding & FORMAT_MASK);
    if (d->has_augmentation)
        eh_read_block(&r);
    d->program = r;
    return !r.failed && pc - d->start < size;
}

/* The beginning of .eh_frame_hdr, in the only form that linkers write on
 * x86-64: offsets of 32 bits, those of the table relative to the section. */
struct header {
    uint8_t version, frame_encoding, count_encoding, table_encoding;
    int32_t frame;
    uint32_t n;
    struct {
        int32_t start; /* of the code */
        int32_t fde;
    } table[]; /* sorted by start */
};

bool eh_frame_find(uintptr_t pc, struct eh_description *d)
{
    enum { VERSION = 1, COUNT_ENCODING = 0x03, TABLE_ENCODING = 0x3b };
    const struct header *h = loaded_objects_eh_frame_hdr(pc);
    if (!h || h->version != VERSION || h->count_encoding != COUNT_ENCODING ||
        h->table_encoding != TABLE_ENCODING)
        return false;
    intptr_t wanted = (intptr_t)(pc - (uintptr_t)h);
    size_t low = 0, high = h->n; /* the entry lies in [low - 1, high - 1] */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (h->table[middle].start <= wanted)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 &&
           read_fde(d, (const uint8_t *)h + h->table[low - 1].fde, pc);
}

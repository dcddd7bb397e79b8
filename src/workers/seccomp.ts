// The system call filter of the sandbox, as a classic BPF program for bwrap's --seccomp. It closes
// what namespaces leave open: set-user-ID and set-group-ID bits on files of the workspace (they
// would hand the owner's rights to anybody on the host), io_uring (which a filter cannot see
// into), the kernel's key rings (which are not namespaced), and foreign system call tables.

// linux/filter.h, linux/seccomp.h, linux/audit.h
const LOAD_WORD = 0x20;
const JUMP_EQUAL = 0x15;
const JUMP_ANY_BIT = 0x45;
const JUMP_GREATER_EQUAL = 0x35;
const RETURN = 0x06;
const ALLOW = 0x7fff0000;
const ERRNO = 0x00050000;
const EPERM = 1;
const ENOSYS = 38;

const NUMBER_OFFSET = 0;
const ARCHITECTURE_OFFSET = 4;
const ARGUMENTS_OFFSET = 16;

const SET_ID_BITS = 0o6000;
// O_CREAT and the bit of O_TMPFILE that is its own: without them `mode` is not looked at.
const CREATING_FLAGS = 0o100 | 0o20000000;

interface CallTable {
  readonly audit: number;
  /** System calls with a mode: [number, position of the mode, position of the open flags]. */
  readonly modes: readonly (readonly [number: number, mode: number, flags: number | null])[];
  readonly absent: readonly number[];
}

// openat2 and io_uring pass their mode in memory, where no filter can look; callers fall back.
const ABSENT_EVERYWHERE = [425, 426, 427, 437];

const TABLES: Readonly<Record<string, CallTable>> = {
  x64: {
    audit: 0xc000003e,
    modes: [
      [90, 1, null], // chmod
      [91, 1, null], // fchmod
      [268, 2, null], // fchmodat
      [452, 2, null], // fchmodat2
      [85, 1, null], // creat
      [133, 1, null], // mknod
      [259, 2, null], // mknodat
      [2, 2, 1], // open
      [257, 3, 2], // openat
    ],
    absent: [...ABSENT_EVERYWHERE, 248, 249, 250], // add_key, request_key, keyctl
  },
  arm64: {
    audit: 0xc00000b7,
    modes: [
      [52, 1, null], // fchmod
      [53, 2, null], // fchmodat
      [452, 2, null], // fchmodat2
      [33, 2, null], // mknodat
      [56, 3, 2], // openat
    ],
    absent: [...ABSENT_EVERYWHERE, 217, 218, 219],
  },
};

type Instruction = readonly [code: number, yes: number, no: number, value: number];

/** The filter for a processor as `process.arch` names it; null where none is written yet. */
export function seccompFilter(arch: string): Uint8Array | null {
  const table = TABLES[arch];
  if (table === undefined) return null;
  const program: Instruction[] = [
    [LOAD_WORD, 0, 0, ARCHITECTURE_OFFSET],
    [JUMP_EQUAL, 1, 0, table.audit],
    [RETURN, 0, 0, ERRNO | ENOSYS],
    [LOAD_WORD, 0, 0, NUMBER_OFFSET],
  ];
  // The x32 table of x86-64: the same calls under other numbers.
  if (arch === 'x64') {
    program.push([JUMP_GREATER_EQUAL, 0, 1, 0x40000000], [RETURN, 0, 0, ERRNO | ENOSYS]);
  }
  for (const number of table.absent) {
    program.push([JUMP_EQUAL, 0, 1, number], [RETURN, 0, 0, ERRNO | ENOSYS]);
  }
  for (const [number, mode, flags] of table.modes) {
    const check: Instruction[] = [];
    if (flags !== null) {
      check.push([LOAD_WORD, 0, 0, argument(flags)]);
      check.push([JUMP_ANY_BIT, 1, 0, CREATING_FLAGS], [RETURN, 0, 0, ALLOW]);
    }
    check.push([LOAD_WORD, 0, 0, argument(mode)]);
    check.push([JUMP_ANY_BIT, 0, 1, SET_ID_BITS]);
    check.push([RETURN, 0, 0, ERRNO | EPERM], [RETURN, 0, 0, ALLOW]);
    program.push([JUMP_EQUAL, 0, check.length, number], ...check);
  }
  program.push([RETURN, 0, 0, ALLOW]);
  return encode(program);
}

// Both processors are little-endian: the low word of a 64-bit argument comes first.
function argument(position: number): number {
  return ARGUMENTS_OFFSET + 8 * position;
}

function encode(program: readonly Instruction[]): Uint8Array {
  const bytes = Buffer.alloc(program.length * 8);
  program.forEach(([code, yes, no, value], index) => {
    const at = index * 8;
    bytes.writeUInt16LE(code, at);
    bytes.writeUInt8(yes, at + 2);
    bytes.writeUInt8(no, at + 3);
    bytes.writeUInt32LE(value >>> 0, at + 4);
  });
  return bytes;
}

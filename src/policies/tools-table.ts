// What the arguments of the tools that people really use mean: files that are read or written, a
// URL, a command line. A table of facts; which rule speaks of what is decided elsewhere.
import type { ToolSettings } from './tools-settings.ts';

/** Which arguments of a tool say what it touches. Every one that is given counts. */
export interface ToolForm {
  readonly read?: readonly string[];
  readonly write?: readonly string[];
  readonly http?: string;
  readonly method?: string;
  readonly shell?: readonly string[];
  /** The argument that holds a patch in the form of `apply_patch`. */
  readonly patch?: readonly string[];
  /** It goes through a whole directory: only its names, or what the files hold. */
  readonly tree?: 'names' | 'contents';
  /** A glob that can lead out of the directory. */
  readonly glob?: string;
  /** Without a path it works in the working directory. */
  readonly defaultsHere?: boolean;
}

/** A tool as it is understood. */
export interface KnownTool {
  readonly form: ToolForm;
  /** Only its name is known, not who wrote it: rules about files restrict it, never allow it. */
  readonly restrictsOnly: boolean;
}

const FILE = ['path', 'file_path', 'absolute_path', 'paths', 'filename', 'target_file'] as const;
const FOLDER = ['path', 'dir_path', 'absolute_path', 'directory'] as const;
const BOTH_ENDS = ['source', 'destination'] as const;

const READ: ToolForm = { read: FILE };
const WRITE: ToolForm = { write: FILE };
const LIST: ToolForm = { read: FOLDER, tree: 'names', defaultsHere: true };
const SEARCH: ToolForm = { read: [...FOLDER, 'paths'], tree: 'contents', defaultsHere: true };
const SHELL: ToolForm = { shell: ['command', 'cmd'] };
const FETCH: ToolForm = { http: 'url' };
const NAME_ONLY: ToolForm = {};

/** By source; the first name of each is as it is written there. */
export const TOOL_SOURCES: readonly (readonly [source: string, tools: Record<string, ToolForm>])[] =
  [
    [
      'Claude Code',
      {
        Bash: SHELL,
        Read: READ,
        Write: WRITE,
        Edit: WRITE,
        MultiEdit: WRITE,
        NotebookRead: { read: ['notebook_path'] },
        NotebookEdit: { write: ['notebook_path'] },
        LS: LIST,
        Glob: { ...LIST, glob: 'pattern' },
        Grep: SEARCH,
        WebFetch: FETCH,
        WebSearch: NAME_ONLY,
        Task: NAME_ONLY,
        Agent: NAME_ONLY,
      },
    ],
    [
      'Codex',
      {
        shell: SHELL,
        shell_command: SHELL,
        local_shell: SHELL,
        'container.exec': SHELL,
        exec_command: SHELL,
        apply_patch: { patch: ['input', 'patch'] },
        list_dir: LIST,
        grep_files: SEARCH,
        view_image: READ,
        web_search: NAME_ONLY,
      },
    ],
    [
      'MCP filesystem server',
      {
        read_file: READ,
        read_text_file: READ,
        read_media_file: READ,
        read_multiple_files: READ,
        write_file: WRITE,
        edit_file: WRITE,
        create_directory: WRITE,
        list_directory: LIST,
        list_directory_with_sizes: LIST,
        directory_tree: LIST,
        search_files: LIST,
        get_file_info: READ,
        move_file: { write: BOTH_ENDS },
        copy_file: { read: ['source'], write: ['destination'] },
        list_allowed_directories: NAME_ONLY,
      },
    ],
    [
      'Others',
      {
        exec: SHELL,
        'system.run': SHELL,
        run_shell_command: SHELL,
        run_terminal_cmd: SHELL,
        'fs.read': READ,
        'fs.write': WRITE,
        create_file: WRITE,
        append_file: WRITE,
        replace: WRITE,
        // It views with the same argument that it edits with.
        str_replace_based_edit_tool: { read: FILE, write: FILE },
        str_replace_editor: { read: FILE, write: FILE },
        search_file_content: SEARCH,
        delete_file: WRITE,
        web_fetch: FETCH,
        fetch: { http: 'url', method: 'method' },
        http_request: { http: 'url', method: 'method' },
        search_web: NAME_ONLY,
      },
    ],
  ];

const KNOWN = new Map(
  TOOL_SOURCES.flatMap(([, tools]) =>
    Object.entries(tools).map(([name, form]): [string, ToolForm] => [name.toLowerCase(), form]),
  ),
);

/** What is known of a tool by its name and by the policy file; null where nothing is. */
export function knownTool(name: string, settings: ToolSettings): KnownTool | null {
  const given = ownMeaning(name, settings);
  if (given !== null) return { form: given, restrictsOnly: false };
  const own = KNOWN.get(name.toLowerCase());
  if (own !== undefined) return { form: own, restrictsOnly: false };
  const [, server = '', tool = ''] = /^mcp__(.+?)__(.+)$/s.exec(name) ?? [];
  const form = KNOWN.get(tool.toLowerCase());
  if (form === undefined) return null;
  return { form, restrictsOnly: server !== 'filesystem' };
}

function ownMeaning(name: string, settings: ToolSettings): ToolForm | null {
  const map = settings.map ?? {};
  const meaning = Object.hasOwn(map, name) ? map[name] : undefined;
  if (meaning === undefined) return null;
  const { read, write, http, method, shell } = meaning;
  return {
    ...(read !== undefined && { read: [read].flat() }),
    ...(write !== undefined && { write: [write].flat() }),
    ...(http !== undefined && { http }),
    ...(method !== undefined && { method }),
    ...(shell !== undefined && { shell: [shell] }),
  };
}

/** `read PATH`, `http GET URL`: how calls of such a tool are matched besides by name. */
export function formText(form: ToolForm): string {
  const kinds = [
    form.read === undefined ? null : 'read PATH',
    form.write === undefined && form.patch === undefined ? null : 'write PATH',
    form.http === undefined ? null : `http ${form.method === undefined ? 'GET' : 'METHOD'} URL`,
    form.shell === undefined ? null : 'as a command line',
  ].filter((kind) => kind !== null);
  return kinds.length === 0 ? 'by name' : kinds.join(', ');
}

// Text that talks to whoever reads it: to an agent, to the approver, or in our own voice. A label
// and never a reason to allow; what is not recognised is not thereby honest.
import type { Findings, Severity } from './finding.ts';

type Aim = 'agent' | 'approver' | 'forged';

const REASONS: Readonly<Record<Aim, string>> = {
  agent: 'text that tries to instruct an agent',
  approver: 'text that tries to instruct the approver',
  forged: 'text that pretends to come from Countersign or a system',
};

// Each is linear: repeats are bounded, and none stands beside another that matches the same.
type Pattern = readonly [aim: Aim, pattern: RegExp];

const LATIN: readonly Pattern[] = [
  // English
  [
    'agent',
    /\b(?:ignore|disregard|forget|override|bypass)\s(?:(?:all|any|of|the|your|my|these|those|every|everything)\s){0,4}(?:previous|prior|above|earlier|preceding|former|existing|system|safety)\b/giu,
  ],
  [
    'agent',
    /\b(?:ignore|disregard)\s(?:the\s|everything\s|all\s(?:of\s)?(?:the\s|that\s)?)?(?:above|before)\b/giu,
  ],
  [
    'agent',
    /\b(?:new|updated|real|following|your)\s(?:system\s)?(?:instructions?|prompt)\s?(?:are|is)?:/giu,
  ],
  [
    'agent',
    /\b(?:reveal|print|show|repeat|output|leak)\s(?:me\s)?(?:your|the)\s(?:system\s|hidden\s|initial\s)(?:prompt|instructions?)/giu,
  ],
  [
    'agent',
    /\b(?:do\snot|don't|never)\s(?:tell|inform|mention|show|reveal|warn|alert)\s(?:this\s|it\s|that\s)?(?:to\s)?(?:the\s)?(?:user|human|operator|approver|owner|admin)\b/giu,
  ],
  [
    'agent',
    /\byou\sare\snow\s(?:an?\s|in\s)?(?:dan\b|developer\smode|jailbroken|unrestricted|root|god\smode|admin)/giu,
  ],
  [
    'agent',
    /<\/?(?:system|assistant|instructions?|tool_result|function_results|im_start|im_end)>|<\|(?:im_start|im_end|system|endoftext)\|>|\[\/?INST\]|<<SYS>>/giu,
  ],
  [
    'agent',
    /\b(?:as\san?\s(?:ai|language\smodel|assistant),?\syou\s(?:must|should|will|have\sto))/giu,
  ],
  ['approver', /\bpre-?\s?(?:approved|authori[sz]ed|cleared|vetted)\b/giu],
  [
    'approver',
    /\balready\s(?:been\s)?(?:approved|authori[sz]ed|cleared|signed\soff|reviewed\sand\sapproved)\b/giu,
  ],
  [
    'approver',
    /\b(?:approved|authori[sz]ed|signed\soff|cleared)\sby\s(?:the\s|your\s|our\s)?(?:admin|administrator|owner|boss|ceo|cto|security|management|manager|it\sdepartment|compliance|legal|team|user|operator)/giu,
  ],
  [
    'approver',
    /\bno\s(?:need|reason)\s(?:to|for)\s(?:a\s|an\s|any\s)?(?:further\s)?(?:review|check|read|approv|confirm|verif|inspect)/giu,
  ],
  [
    'approver',
    /\b(?:please|just|simply|must|should|safely|kindly)\s(?:click\s|press\s|tap\s|hit\s|safely\s)?approve\b/giu,
  ],
  [
    'approver',
    /\bapprove\s(?:this|it|the\scommand|the\srequest|everything|all)\s(?:immediately|now|quickly|asap|at\sonce|right\saway|without|blindly)/giu,
  ],
  ['approver', /\b(?:safe|ok|okay|fine)\sto\s(?:approve|allow|accept|authori[sz]e)\b/giu],
  [
    'approver',
    /\b(?:dear|attention|note\sto|message\s(?:for|to)|hey|hello|to\sthe)\s(?:the\s)?(?:approver|reviewer|countersigner)\b/giu,
  ],
  [
    'approver',
    /\b(?:skip|bypass|disable|ignore)\s(?:the\s|this\s|all\s)?(?:approval|review|guard|policy|policies)s?\b/giu,
  ],
  ['forged', /[✔✅☑]\uFE0F?\s?[0-9A-HJKMNP-TV-Z]{5}\b/gu],
  [
    'forged',
    /\b[0-9A-HJKMNP-TV-Z]{5}\s(?:(?:was|is|has\sbeen)\s)?(?:APPROVED|approved|ALLOWED|allowed)\b/gu,
  ],
  [
    'forged',
    /\b(?:approved|allowed|countersigned)\sby\s(?:telegram|discord|whatsapp|local|web|policy|rule)(?::\d|\b)/giu,
  ],
  [
    'forged',
    /\bcountersign(?:ed)?\s?(?::|says|has\sapproved|verdict|status|guard)\s?(?:approved|allowed|clean|safe|ok)?/giu,
  ],
  [
    'forged',
    /^\s{0,8}(?:\[(?:SYSTEM|ADMIN|SECURITY|COUNTERSIGN)\]|(?:SYSTEM|ADMIN|DEVELOPER)(?:\s(?:MESSAGE|NOTE|OVERRIDE|PROMPT|NOTICE))?:)/gmu,
  ],
  ['forged', /\bguard\s?(?:verdict|result|status)\s?[:=]\s?(?:clean|ok|safe)/giu],
  // German
  [
    'agent',
    /\b(?:ignoriere?|vergiss|missachte)\s(?:bitte\s)?(?:alle?\s|die\s|deine\s|sämtliche\s){0,3}(?:vorherigen|vorigen|bisherigen|obigen|früheren)/giu,
  ],
  [
    'approver',
    /\b(?:wurde\s)?(?:bereits|schon|vorab)\s(?:genehmigt|freigegeben|bewilligt)\b|\bbitte\s(?:sofort\s|einfach\s)?(?:genehmigen|freigeben|bestätigen)\b/giu,
  ],
  // French
  [
    'agent',
    /\b(?:ignore[zr]?|oublie[zr]?)\s(?:toutes?\s|tous\s|les\s|tes\s|vos\s|ces\s){0,3}(?:instructions?|consignes?|règles)\s(?:précédentes?|antérieures?|ci-dessus)/giu,
  ],
  ['approver', /\b(?:déjà|pré-?)\s?(?:approuvée?|autorisée?|validée?)s?\b/giu],
  // Spanish, Portuguese, Italian
  [
    'agent',
    /\b(?:ignora|ignore|olvida|esquece|dimentica)\s(?:todas?\s|todos?\s|tutte\s|las\s|as\s|le\s|los\s|os\s|tus\s|suas\s){0,3}(?:instrucciones|instruções|istruzioni|indicaciones|órdenes)\s(?:anteriores|previas|precedenti|prévias)/giu,
  ],
  [
    'approver',
    /\b(?:ya|já|già|pre-?)\s?(?:(?:fue|está|foi|è\sstat[oa])\s)?(?:aprobad[oa]|autorizad[oa]|aprovad[oa]|approvat[oa]|autorizzat[oa])\b/giu,
  ],
  // Dutch, Polish, Turkish
  [
    'agent',
    /\bnegeer\s(?:alle\s|de\s){0,2}(?:vorige|eerdere|bovenstaande)|\bzignoruj\s(?:wszystkie\s)?(?:poprzednie|powyższe)|önceki\s(?:tüm\s)?(?:talimatları|komutları)\s(?:yok\ssay|unut|görmezden)/giu,
  ],
  [
    'approver',
    /\b(?:al|reeds|vooraf)\sgoedgekeurd\b|\b(?:już|wstępnie)\szatwierdzon|\bönceden\sonaylan/giu,
  ],
];

const CYRILLIC: readonly Pattern[] = [
  [
    'agent',
    /(?:игнорируй(?:те)?|забудь(?:те)?|ігноруй(?:те)?)\s(?:все\s|всі\s|любые\s){0,2}(?:предыдущие|прежние|вышеуказанные|предшествующие|попередні)/giu,
  ],
  [
    'approver',
    /(?:уже|заранее|предварительно|вже)\s(?:было\s|был\s|была\s)?(?:одобрен|согласован|утвержд|разрешен|схвален|затверджен)|(?:просто|немедленно|пожалуйста,?)\s(?:одобри|подтверди|разреши)/giu,
  ],
];

const EAST_ASIAN: readonly Pattern[] = [
  [
    'agent',
    /(?:忽略|无视|無視|忘记|忘掉)(?:所有|以上|之前|先前|前面|上述|一切|全部|的){1,6}(?:指令|指示|说明|規則|规则|提示|内容)|(?:以前|これまで|上記|前)の(?:すべての)?(?:指示|命令|プロンプト)を(?:無視|忘れ)|(?:이전|위의|앞의|기존)\s?(?:모든\s?)?(?:지시|명령|지침)\S{0,4}\s?(?:무시|잊)/gu,
  ],
  [
    'approver',
    /(?:已经|已|预先|事先)(?:获得|得到|被)?(?:批准|授权|审批|审核通过)|(?:请|直接|立即)(?:批准|同意|通过)|(?:承認済み|事前に?承認|すでに承認)|(?:承認してください)|(?:이미|사전에?)\s?승인|승인해\s?주세요/gu,
  ],
];

const OTHERS: readonly Pattern[] = [
  // Arabic, Hebrew, Hindi
  [
    'agent',
    /تجاهل\s(?:جميع\s|كل\s)?(?:التعليمات|الأوامر)\s(?:السابقة|أعلاه)|התעלם\sמ(?:כל\s)?ה(?:הוראות|הנחיות)\sה(?:קודמות|נ"ל)|(?:पिछले|पिछली|पूर्व)\s(?:सभी\s)?(?:निर्देशों?|आदेशों?)\sको\s(?:अनदेखा|भूल|नज़रअंदाज़)/gu,
  ],
  [
    'approver',
    /(?:تمت\sالموافقة|موافق\sعليه)\s(?:عليه\s|عليها\s)?(?:مسبقا|بالفعل)|(?:כבר\sאושר|אושר\sמראש)|(?:पहले\s(?:से|ही)\s)(?:स्वीकृत|अनुमोदित|मंज़ूर)/gu,
  ],
];

// Nearly no text has any of these; it is looked for before all else.
const HINT =
  /ignor|disregard|forget|overrid|bypass|instruction|prompt|approv|authori|countersign|reviewer|signed.?off|system|assistant|\[INST|<<SYS|<\||cleared|vetted|[✔✅☑]|approuv|autoris|nceki|nceden|zatwierdz|poprzedn|powy|allowed|safe|guard|tirm|verify|best.tig|don't|do not|never|verdict|skip|disable|no need|no reason|genehmigt|freigegeben|bewilligt|vergiss|missachte|oublie|valid|olvida|dimentica|esquece|aprob|aprova|autor|negeer|goedgekeurd/iu;

const GROUPS: readonly (readonly [hint: RegExp, patterns: readonly Pattern[]])[] = [
  [HINT, LATIN],
  [/[\u0400-\u04FF]/, CYRILLIC],
  [/[\u3040-\u9FFF\uAC00-\uD7AF]/, EAST_ASIAN],
  [/[\u0590-\u06FF\u0900-\u097F]/, OTHERS],
];

/** Labels text that addresses its reader. */
export function inspectInjection(
  text: string,
  at: number,
  severityOf: (aim: Aim) => Severity,
  findings: Findings,
): void {
  for (const [hint, patterns] of GROUPS) {
    if (!hint.test(text)) continue;
    for (const [aim, pattern] of patterns) {
      pattern.lastIndex = 0;
      const found = pattern.exec(text);
      if (found === null) continue;
      findings.add('injection', severityOf(aim), at + found.index, found[0].length, REASONS[aim]);
    }
  }
}

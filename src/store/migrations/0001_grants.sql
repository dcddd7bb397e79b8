CREATE TABLE "countersign"."grants" (
	"id" text PRIMARY KEY NOT NULL,
	"body" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "countersign"."policy_changes" (
	"seq" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "countersign"."policy_changes_seq_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"at" bigint NOT NULL,
	"actor" text NOT NULL,
	"change" jsonb NOT NULL,
	"undone_at" bigint
);
--> statement-breakpoint
CREATE TABLE "countersign"."rule_uses" (
	"key" text PRIMARY KEY NOT NULL,
	"uses" bigint NOT NULL,
	"last_at" bigint NOT NULL
);

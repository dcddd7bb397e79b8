CREATE SCHEMA "countersign";
--> statement-breakpoint
CREATE TABLE "countersign"."approvals" (
	"id" text PRIMARY KEY NOT NULL,
	"action" text NOT NULL,
	"digest" text NOT NULL,
	"requester" text NOT NULL,
	"request_reason" text,
	"origin" jsonb,
	"idempotency_key" text,
	"judgement" jsonb NOT NULL,
	"state" text NOT NULL,
	"version" integer NOT NULL,
	"created_at" bigint NOT NULL,
	"expires_at" bigint NOT NULL,
	"votes_needed" integer NOT NULL,
	"votes" jsonb NOT NULL,
	"decision" jsonb,
	"worker" text,
	"started_at" bigint,
	"lease_until" bigint,
	"finished_at" bigint,
	"outcome" jsonb
);
--> statement-breakpoint
CREATE TABLE "countersign"."audit_entries" (
	"seq" bigint PRIMARY KEY NOT NULL,
	"approval_id" text,
	"type" text NOT NULL,
	"body" text NOT NULL,
	"hash" text NOT NULL,
	"mac" text NOT NULL,
	"key_id" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "countersign"."audit_head" (
	"id" integer PRIMARY KEY NOT NULL,
	"seq" bigint NOT NULL,
	"hash" text NOT NULL,
	"mac" text NOT NULL,
	"key_id" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "countersign"."cards" (
	"approval_id" text NOT NULL,
	"platform" text NOT NULL,
	"chat" text NOT NULL,
	"ref" text NOT NULL,
	CONSTRAINT "cards_approval_id_platform_chat_pk" PRIMARY KEY("approval_id","platform","chat")
);
--> statement-breakpoint
CREATE TABLE "countersign"."inbox" (
	"platform" text NOT NULL,
	"event_id" text NOT NULL,
	"received_at" bigint NOT NULL,
	"message" jsonb NOT NULL,
	"handled_at" bigint,
	CONSTRAINT "inbox_platform_event_id_pk" PRIMARY KEY("platform","event_id")
);
--> statement-breakpoint
CREATE TABLE "countersign"."inputs" (
	"digest" text PRIMARY KEY NOT NULL,
	"bytes" "bytea" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "countersign"."outbox" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "countersign"."outbox_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"key" text NOT NULL,
	"platform" text NOT NULL,
	"chat" text NOT NULL,
	"item" jsonb NOT NULL,
	"revision" integer NOT NULL,
	"attempts" integer NOT NULL,
	"next_at" bigint NOT NULL,
	"created_at" bigint NOT NULL,
	"last_error" text
);
--> statement-breakpoint
CREATE TABLE "countersign"."outputs" (
	"approval_id" text PRIMARY KEY NOT NULL,
	"chunks" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "countersign"."settings" (
	"key" text PRIMARY KEY NOT NULL,
	"value" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "countersign"."tokens" (
	"name" text PRIMARY KEY NOT NULL,
	"role" text NOT NULL,
	"hash" text NOT NULL,
	"created_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX "approvals_idempotency" ON "countersign"."approvals" USING btree ("requester","idempotency_key") WHERE "countersign"."approvals"."idempotency_key" is not null;--> statement-breakpoint
CREATE INDEX "approvals_live" ON "countersign"."approvals" USING btree ("state") WHERE "countersign"."approvals"."state" in ('pending', 'approved', 'running');--> statement-breakpoint
CREATE INDEX "approvals_created" ON "countersign"."approvals" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "audit_approval" ON "countersign"."audit_entries" USING btree ("approval_id");--> statement-breakpoint
CREATE INDEX "cards_ref" ON "countersign"."cards" USING btree ("platform","chat","ref");--> statement-breakpoint
CREATE INDEX "inbox_unhandled" ON "countersign"."inbox" USING btree ("received_at") WHERE "countersign"."inbox"."handled_at" is null;--> statement-breakpoint
CREATE UNIQUE INDEX "outbox_key" ON "countersign"."outbox" USING btree ("key");--> statement-breakpoint
CREATE INDEX "outbox_next" ON "countersign"."outbox" USING btree ("next_at");
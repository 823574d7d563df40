#!/bin/sh
# Runs once, when PostgreSQL's container makes its data folder: two roles that are no superusers and
# can't pass row-level security. `caseunit` owns the database and its tables, and only `migrate` signs
# in as it; `caseunit_app` is the application's, and owns nothing.
set -eu

owner_password="$(cat /run/secrets/postgres_password)"
app_password="$(cat /run/secrets/postgres_app_password)"

psql --set=ON_ERROR_STOP=1 --set=owner_password="$owner_password" --set=app_password="$app_password" \
    --username="$POSTGRES_USER" --dbname=template1 <<'SQL'
CREATE EXTENSION IF NOT EXISTS pg_stat_statements;
CREATE ROLE caseunit LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD :'owner_password';
CREATE ROLE caseunit_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD :'app_password';
SQL
psql --set=ON_ERROR_STOP=1 --username="$POSTGRES_USER" --dbname=postgres \
    --command='CREATE DATABASE caseunit OWNER caseunit'

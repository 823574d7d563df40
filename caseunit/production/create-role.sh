#!/bin/sh
# Runs once, when PostgreSQL's container makes its data folder: the application's own role, which is
# no superuser and can't pass row-level security, and the database that it owns.
set -eu

password="$(cat /run/secrets/postgres_password)"

psql --set=ON_ERROR_STOP=1 --set=password="$password" --username="$POSTGRES_USER" --dbname=template1 <<'SQL'
CREATE EXTENSION IF NOT EXISTS pg_stat_statements;
CREATE ROLE caseunit LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD :'password';
SQL
psql --set=ON_ERROR_STOP=1 --username="$POSTGRES_USER" --dbname=postgres \
    --command='CREATE DATABASE caseunit OWNER caseunit'

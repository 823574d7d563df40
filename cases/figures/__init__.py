"""The figures of a supervisor's page: counts drawn as SVG, counted ahead so that no page waits."""

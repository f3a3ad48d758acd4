"""Where everything is kept: the only room with SQLAlchemy and Alembic."""

from django.db import migrations


def make(apps, schema_editor):
    from fondly.people.clients.search_index import install

    install(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("clients", "0001_initial")]
    operations = [migrations.RunPython(make, migrations.RunPython.noop)]

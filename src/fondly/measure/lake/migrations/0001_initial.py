from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Redo",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("client_id", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="Watermark",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("table", models.CharField(max_length=40, unique=True)),
                ("last_id", models.BigIntegerField(default=0)),
                ("turn", models.BigIntegerField(default=0)),
                ("redone_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="LakeFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("table", models.CharField(max_length=40)),
                ("month", models.CharField(max_length=7)),
                ("path", models.CharField(max_length=200, unique=True)),
                ("rows", models.BigIntegerField()),
                ("first_id", models.BigIntegerField()),
                ("last_id", models.BigIntegerField()),
                ("bytes", models.BigIntegerField()),
                ("schema", models.PositiveIntegerField()),
                ("sealed_at", models.DateTimeField()),
                ("replaced_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(condition=models.Q(("replaced_at", None)), fields=["table", "month"], name="lake_here")
                ],
            },
        ),
    ]

-- The store of a server whose tables were of version 1, as its tests left it: two users, a token
-- each, and a job of each that is done. Written by `.dump`; never change it.
PRAGMA application_id = 1297369393;
PRAGMA user_version = 1;
BEGIN TRANSACTION;
CREATE TABLE blobs (
        user TEXT NOT NULL REFERENCES users(id),
        sha256 TEXT NOT NULL,
        bytes INTEGER NOT NULL,
        created REAL NOT NULL,
        PRIMARY KEY (user, sha256)
    ) STRICT, WITHOUT ROWID;
INSERT INTO "blobs" VALUES('c1515dadeb1d4b39bc82f91d591c971c','a72898c6f411681d5edbeb32e287666e19edc61691d005d65080cf85a4c1633a',79,1.79599404095884776118e+09);
INSERT INTO "blobs" VALUES('c1515dadeb1d4b39bc82f91d591c971c','bac141e5c2c8243a6abbec53106b0606af4e178de1c66b369d0c00f7e1dea289',79,1.79599404095060038565e+09);
INSERT INTO "blobs" VALUES('e53dc3633de440f6b0ff47a8818c41e2','bac141e5c2c8243a6abbec53106b0606af4e178de1c66b369d0c00f7e1dea289',79,1.79599404173611593244e+09);
CREATE TABLE events (
        job TEXT NOT NULL REFERENCES jobs(id) ON DELETE CASCADE,
        seq INTEGER NOT NULL,
        line TEXT NOT NULL,
        PRIMARY KEY (job, seq)
    ) STRICT, WITHOUT ROWID;
INSERT INTO "events" VALUES('15ed7fb0a3f64410abf6f587cd15b446',1,'{"seq":1,"time":1795994041.979,"event":"started","model":"draft","device":"cpu","epoch":1,"versions":{"python":"3.11.7"}}');
INSERT INTO "events" VALUES('15ed7fb0a3f64410abf6f587cd15b446',2,'{"seq":2,"time":1795994041.98,"event":"progress","stage":"learn","step":1,"total":20,"loss":1.0,"seconds_left":1.9000000000000001}');
INSERT INTO "events" VALUES('15ed7fb0a3f64410abf6f587cd15b446',3,'{"seq":3,"time":1795994041.991,"event":"progress","stage":"learn","step":2,"total":20,"loss":0.5,"seconds_left":1.8}');
INSERT INTO "events" VALUES('15ed7fb0a3f64410abf6f587cd15b446',4,'{"seq":4,"time":1795994042.001,"event":"progress","stage":"learn","step":3,"total":20,"loss":0.3333333333333333,"seconds_left":1.7000000000000002}');
INSERT INTO "events" VALUES('15ed7fb0a3f64410abf6f587cd15b446',5,'{"seq":5,"time":1795994042.011,"event":"progress","stage":"learn","step":4,"total":20,"loss":0.25,"seconds_left":1.6}');
INSERT INTO "events" VALUES('15ed7fb0a3f64410abf6f587cd15b446',6,'{"seq":6,"time":1795994042.034,"event":"progress","stage":"learn","step":5,"total":20,"loss":0.2,"seconds_left":1.5}');
INSERT INTO "events" VALUES('15ed7fb0a3f64410abf6f587cd15b446',7,'{"seq":7,"time":1795994042.044,"event":"progress","stage":"learn","step":6,"total":20,"loss":0.16666666666666666,"seconds_left":1.4000000000000001}');
INSERT INTO "events" VALUES('15ed7fb0a3f64410abf6f587cd15b446',8,'{"seq":8,"time":1795994042.054,"event":"progress","stage":"learn","step":7,"total":20,"loss":0.14285714285714285,"seconds_left":1.3}');
INSERT INTO "events" VALUES('15ed7fb0a3f64410abf6f587cd15b446',9,'{"seq":9,"time":1795994042.065,"event":"progress","stage":"learn","step":8,"total":20,"loss":0.125,"seconds_left":1.2000000000000002}');
INSERT INTO "events" VALUES('15ed7fb0a3f64410abf6f587cd15b446',10,'{"seq":10,"time":1795994042.075,"event":"progress","stage":"learn","step":9,"total":20,"loss":0.1111111111111111,"seconds_left":1.1}');
INSERT INTO "events" VALUES('15ed7fb0a3f64410abf6f587cd15b446',11,'{"seq":11,"time":1795994042.098,"event":"progress","stage":"learn","step":10,"total":20,"loss":0.1,"seconds_left":1.0}');
INSERT INTO "events" VALUES('15ed7fb0a3f64410abf6f587cd15b446',12,'{"seq":12,"time":1795994042.108,"event":"progress","stage":"learn","step":11,"total":20,"loss":0.09090909090909091,"seconds_left":0.9}');
INSERT INTO "events" VALUES('15ed7fb0a3f64410abf6f587cd15b446',13,'{"seq":13,"time":1795994042.118,"event":"progress","stage":"learn","step":12,"total":20,"loss":0.08333333333333333,"seconds_left":0.8}');
INSERT INTO "events" VALUES('15ed7fb0a3f64410abf6f587cd15b446',14,'{"seq":14,"time":1795994042.129,"event":"progress","stage":"learn","step":13,"total":20,"loss":0.07692307692307693,"seconds_left":0.7000000000000001}');
INSERT INTO "events" VALUES('15ed7fb0a3f64410abf6f587cd15b446',15,'{"seq":15,"time":1795994042.139,"event":"progress","stage":"learn","step":14,"total":20,"loss":0.07142857142857142,"seconds_left":0.6000000000000001}');
INSERT INTO "events" VALUES('15ed7fb0a3f64410abf6f587cd15b446',16,'{"seq":16,"time":1795994042.158,"event":"progress","stage":"learn","step":15,"total":20,"loss":0.06666666666666667,"seconds_left":0.5}');
INSERT INTO "events" VALUES('15ed7fb0a3f64410abf6f587cd15b446',17,'{"seq":17,"time":1795994042.168,"event":"progress","stage":"learn","step":16,"total":20,"loss":0.0625,"seconds_left":0.4}');
INSERT INTO "events" VALUES('15ed7fb0a3f64410abf6f587cd15b446',18,'{"seq":18,"time":1795994042.182,"event":"progress","stage":"learn","step":17,"total":20,"loss":0.058823529411764705,"seconds_left":0.30000000000000004}');
INSERT INTO "events" VALUES('15ed7fb0a3f64410abf6f587cd15b446',19,'{"seq":19,"time":1795994042.193,"event":"progress","stage":"learn","step":18,"total":20,"loss":0.05555555555555555,"seconds_left":0.2}');
INSERT INTO "events" VALUES('15ed7fb0a3f64410abf6f587cd15b446',20,'{"seq":20,"time":1795994042.203,"event":"progress","stage":"learn","step":19,"total":20,"loss":0.05263157894736842,"seconds_left":0.1}');
INSERT INTO "events" VALUES('15ed7fb0a3f64410abf6f587cd15b446',21,'{"seq":21,"time":1795994042.222,"event":"progress","stage":"learn","step":20,"total":20,"loss":0.05,"seconds_left":0.0}');
INSERT INTO "events" VALUES('15ed7fb0a3f64410abf6f587cd15b446',22,'{"seq":22,"time":1795994042.235,"event":"done","result":{"frames":14,"takes":[],"seconds":{"load":1.0,"learn":40.0,"apply":6.0},"iterations":60,"warning":""}}');
INSERT INTO "events" VALUES('2811787a3f2e4bc6a49ee329285ad1e7',1,'{"seq":1,"time":1795994041.224,"event":"started","model":"draft","device":"cpu","epoch":1,"versions":{"python":"3.11.7"}}');
INSERT INTO "events" VALUES('2811787a3f2e4bc6a49ee329285ad1e7',2,'{"seq":2,"time":1795994041.225,"event":"progress","stage":"learn","step":1,"total":20,"loss":1.0,"seconds_left":1.9000000000000001}');
INSERT INTO "events" VALUES('2811787a3f2e4bc6a49ee329285ad1e7',3,'{"seq":3,"time":1795994041.235,"event":"progress","stage":"learn","step":2,"total":20,"loss":0.5,"seconds_left":1.8}');
INSERT INTO "events" VALUES('2811787a3f2e4bc6a49ee329285ad1e7',4,'{"seq":4,"time":1795994041.247,"event":"progress","stage":"learn","step":3,"total":20,"loss":0.3333333333333333,"seconds_left":1.7000000000000002}');
INSERT INTO "events" VALUES('2811787a3f2e4bc6a49ee329285ad1e7',5,'{"seq":5,"time":1795994041.258,"event":"progress","stage":"learn","step":4,"total":20,"loss":0.25,"seconds_left":1.6}');
INSERT INTO "events" VALUES('2811787a3f2e4bc6a49ee329285ad1e7',6,'{"seq":6,"time":1795994041.282,"event":"progress","stage":"learn","step":5,"total":20,"loss":0.2,"seconds_left":1.5}');
INSERT INTO "events" VALUES('2811787a3f2e4bc6a49ee329285ad1e7',7,'{"seq":7,"time":1795994041.292,"event":"progress","stage":"learn","step":6,"total":20,"loss":0.16666666666666666,"seconds_left":1.4000000000000001}');
INSERT INTO "events" VALUES('2811787a3f2e4bc6a49ee329285ad1e7',8,'{"seq":8,"time":1795994041.302,"event":"progress","stage":"learn","step":7,"total":20,"loss":0.14285714285714285,"seconds_left":1.3}');
INSERT INTO "events" VALUES('2811787a3f2e4bc6a49ee329285ad1e7',9,'{"seq":9,"time":1795994041.312,"event":"progress","stage":"learn","step":8,"total":20,"loss":0.125,"seconds_left":1.2000000000000002}');
INSERT INTO "events" VALUES('2811787a3f2e4bc6a49ee329285ad1e7',10,'{"seq":10,"time":1795994041.323,"event":"progress","stage":"learn","step":9,"total":20,"loss":0.1111111111111111,"seconds_left":1.1}');
INSERT INTO "events" VALUES('2811787a3f2e4bc6a49ee329285ad1e7',11,'{"seq":11,"time":1795994041.346,"event":"progress","stage":"learn","step":10,"total":20,"loss":0.1,"seconds_left":1.0}');
INSERT INTO "events" VALUES('2811787a3f2e4bc6a49ee329285ad1e7',12,'{"seq":12,"time":1795994041.356,"event":"progress","stage":"learn","step":11,"total":20,"loss":0.09090909090909091,"seconds_left":0.9}');
INSERT INTO "events" VALUES('2811787a3f2e4bc6a49ee329285ad1e7',13,'{"seq":13,"time":1795994041.366,"event":"progress","stage":"learn","step":12,"total":20,"loss":0.08333333333333333,"seconds_left":0.8}');
INSERT INTO "events" VALUES('2811787a3f2e4bc6a49ee329285ad1e7',14,'{"seq":14,"time":1795994041.377,"event":"progress","stage":"learn","step":13,"total":20,"loss":0.07692307692307693,"seconds_left":0.7000000000000001}');
INSERT INTO "events" VALUES('2811787a3f2e4bc6a49ee329285ad1e7',15,'{"seq":15,"time":1795994041.387,"event":"progress","stage":"learn","step":14,"total":20,"loss":0.07142857142857142,"seconds_left":0.6000000000000001}');
INSERT INTO "events" VALUES('2811787a3f2e4bc6a49ee329285ad1e7',16,'{"seq":16,"time":1795994041.41,"event":"progress","stage":"learn","step":15,"total":20,"loss":0.06666666666666667,"seconds_left":0.5}');
INSERT INTO "events" VALUES('2811787a3f2e4bc6a49ee329285ad1e7',17,'{"seq":17,"time":1795994041.42,"event":"progress","stage":"learn","step":16,"total":20,"loss":0.0625,"seconds_left":0.4}');
INSERT INTO "events" VALUES('2811787a3f2e4bc6a49ee329285ad1e7',18,'{"seq":18,"time":1795994041.43,"event":"progress","stage":"learn","step":17,"total":20,"loss":0.058823529411764705,"seconds_left":0.30000000000000004}');
INSERT INTO "events" VALUES('2811787a3f2e4bc6a49ee329285ad1e7',19,'{"seq":19,"time":1795994041.441,"event":"progress","stage":"learn","step":18,"total":20,"loss":0.05555555555555555,"seconds_left":0.2}');
INSERT INTO "events" VALUES('2811787a3f2e4bc6a49ee329285ad1e7',20,'{"seq":20,"time":1795994041.451,"event":"progress","stage":"learn","step":19,"total":20,"loss":0.05263157894736842,"seconds_left":0.1}');
INSERT INTO "events" VALUES('2811787a3f2e4bc6a49ee329285ad1e7',21,'{"seq":21,"time":1795994041.475,"event":"progress","stage":"learn","step":20,"total":20,"loss":0.05,"seconds_left":0.0}');
INSERT INTO "events" VALUES('2811787a3f2e4bc6a49ee329285ad1e7',22,'{"seq":22,"time":1795994041.506,"event":"done","result":{"frames":14,"takes":[{"target":1,"seed":0,"score":null,"frames_dir":"output/frames","sheet":"output/sheets/01.png"}],"seconds":{"load":1.0,"learn":40.0,"apply":6.0},"iterations":60,"warning":""}}');
CREATE TABLE files (
        job TEXT NOT NULL REFERENCES jobs(id) ON DELETE CASCADE,
        name TEXT NOT NULL,
        bytes INTEGER NOT NULL,
        sha256 TEXT NOT NULL,
        PRIMARY KEY (job, name)
    ) STRICT, WITHOUT ROWID;
INSERT INTO "files" VALUES('15ed7fb0a3f64410abf6f587cd15b446','motion.safetensors',8,'fdd65a3761ff3f798e95e4716d2ffd2f3ade397c1ec5fcb27390132e98ea3b3a');
INSERT INTO "files" VALUES('2811787a3f2e4bc6a49ee329285ad1e7','frames/0001.png',179,'4b6e760d0e19dddade4160c706a19093d3bc9d4e1ea89c024b87876e1efc1daf');
INSERT INTO "files" VALUES('2811787a3f2e4bc6a49ee329285ad1e7','frames/0002.png',179,'df4900a03fcac03979793556a723f929b44f50853fc6e0232e66ceca7a19fc6c');
INSERT INTO "files" VALUES('2811787a3f2e4bc6a49ee329285ad1e7','frames/0003.png',179,'afe68047524a6d032db6be26fc88c3df9ed20fdb52f092ba5c0ef3d553455ae9');
INSERT INTO "files" VALUES('2811787a3f2e4bc6a49ee329285ad1e7','frames/0004.png',179,'ecc7cfa62f1ff870a7375d2dbe65d5b30567e2ec5c0028c72a763e3349eeff56');
INSERT INTO "files" VALUES('2811787a3f2e4bc6a49ee329285ad1e7','frames/0005.png',179,'66df8baf30210dd719e74995fc20eddbce965d112485d51f17530b8240c27aa8');
INSERT INTO "files" VALUES('2811787a3f2e4bc6a49ee329285ad1e7','frames/0006.png',179,'540ac94f2d8b72cb4511f011d85c2b5d48af39d5223c71a34986b2569dc73243');
INSERT INTO "files" VALUES('2811787a3f2e4bc6a49ee329285ad1e7','frames/0007.png',179,'a772985d98abc4646af404a76a92cf2eb4b0bccd5cebfafbbb0a1a36ee9b6e95');
INSERT INTO "files" VALUES('2811787a3f2e4bc6a49ee329285ad1e7','frames/0008.png',178,'c80265cdd100277b1eb28a1f23e6eb5a160b72ecf79abea78599b61d8074cb21');
INSERT INTO "files" VALUES('2811787a3f2e4bc6a49ee329285ad1e7','frames/0009.png',177,'e1b4a3d0c11b0cb38bb266b33ecc317a5f1295a559d4c3eeb1bba3e15882e3f7');
INSERT INTO "files" VALUES('2811787a3f2e4bc6a49ee329285ad1e7','frames/0010.png',178,'2200103c33a9c52023da655e3be37ab34c082cb7eeb4c149f5b08cd725235e84');
INSERT INTO "files" VALUES('2811787a3f2e4bc6a49ee329285ad1e7','frames/0011.png',179,'157aa6a9021add184da2b38555bcb550c7bc9315e4c2b6b658e7e52193d4de25');
INSERT INTO "files" VALUES('2811787a3f2e4bc6a49ee329285ad1e7','frames/0012.png',179,'33d8a498f86be734c8d83f4e4acf10af092506b223cf4d3cc7834cf61d9caadc');
INSERT INTO "files" VALUES('2811787a3f2e4bc6a49ee329285ad1e7','frames/0013.png',179,'172c6eedc0e2ce7dbf9a5131264863f20846c35f94726e8c053e0d50ba2836de');
INSERT INTO "files" VALUES('2811787a3f2e4bc6a49ee329285ad1e7','frames/0014.png',179,'bad9b6f3d4f7a9e90667ae550a72d1d5e14cde7d8a53d28ada53de600d2f850c');
INSERT INTO "files" VALUES('2811787a3f2e4bc6a49ee329285ad1e7','motion.safetensors',8,'fdd65a3761ff3f798e95e4716d2ffd2f3ade397c1ec5fcb27390132e98ea3b3a');
INSERT INTO "files" VALUES('2811787a3f2e4bc6a49ee329285ad1e7','sheets/01.png',179,'bad9b6f3d4f7a9e90667ae550a72d1d5e14cde7d8a53d28ada53de600d2f850c');
CREATE TABLE inputs (
        job TEXT NOT NULL REFERENCES jobs(id) ON DELETE CASCADE,
        name TEXT NOT NULL,
        sha256 TEXT NOT NULL,
        PRIMARY KEY (job, name)
    ) STRICT, WITHOUT ROWID;
INSERT INTO "inputs" VALUES('2811787a3f2e4bc6a49ee329285ad1e7','target.png','a72898c6f411681d5edbeb32e287666e19edc61691d005d65080cf85a4c1633a');
INSERT INTO "inputs" VALUES('15ed7fb0a3f64410abf6f587cd15b446','reference/0001.png','bac141e5c2c8243a6abbec53106b0606af4e178de1c66b369d0c00f7e1dea289');
INSERT INTO "inputs" VALUES('15ed7fb0a3f64410abf6f587cd15b446','reference/0002.png','bac141e5c2c8243a6abbec53106b0606af4e178de1c66b369d0c00f7e1dea289');
INSERT INTO "inputs" VALUES('15ed7fb0a3f64410abf6f587cd15b446','reference/0003.png','bac141e5c2c8243a6abbec53106b0606af4e178de1c66b369d0c00f7e1dea289');
INSERT INTO "inputs" VALUES('15ed7fb0a3f64410abf6f587cd15b446','reference/0004.png','bac141e5c2c8243a6abbec53106b0606af4e178de1c66b369d0c00f7e1dea289');
INSERT INTO "inputs" VALUES('15ed7fb0a3f64410abf6f587cd15b446','reference/0005.png','bac141e5c2c8243a6abbec53106b0606af4e178de1c66b369d0c00f7e1dea289');
INSERT INTO "inputs" VALUES('15ed7fb0a3f64410abf6f587cd15b446','reference/0006.png','bac141e5c2c8243a6abbec53106b0606af4e178de1c66b369d0c00f7e1dea289');
INSERT INTO "inputs" VALUES('15ed7fb0a3f64410abf6f587cd15b446','reference/0007.png','bac141e5c2c8243a6abbec53106b0606af4e178de1c66b369d0c00f7e1dea289');
INSERT INTO "inputs" VALUES('15ed7fb0a3f64410abf6f587cd15b446','reference/0008.png','bac141e5c2c8243a6abbec53106b0606af4e178de1c66b369d0c00f7e1dea289');
INSERT INTO "inputs" VALUES('15ed7fb0a3f64410abf6f587cd15b446','reference/0009.png','bac141e5c2c8243a6abbec53106b0606af4e178de1c66b369d0c00f7e1dea289');
INSERT INTO "inputs" VALUES('15ed7fb0a3f64410abf6f587cd15b446','reference/0010.png','bac141e5c2c8243a6abbec53106b0606af4e178de1c66b369d0c00f7e1dea289');
INSERT INTO "inputs" VALUES('15ed7fb0a3f64410abf6f587cd15b446','reference/0011.png','bac141e5c2c8243a6abbec53106b0606af4e178de1c66b369d0c00f7e1dea289');
INSERT INTO "inputs" VALUES('15ed7fb0a3f64410abf6f587cd15b446','reference/0012.png','bac141e5c2c8243a6abbec53106b0606af4e178de1c66b369d0c00f7e1dea289');
INSERT INTO "inputs" VALUES('15ed7fb0a3f64410abf6f587cd15b446','reference/0013.png','bac141e5c2c8243a6abbec53106b0606af4e178de1c66b369d0c00f7e1dea289');
INSERT INTO "inputs" VALUES('15ed7fb0a3f64410abf6f587cd15b446','reference/0014.png','bac141e5c2c8243a6abbec53106b0606af4e178de1c66b369d0c00f7e1dea289');
INSERT INTO "inputs" VALUES('2811787a3f2e4bc6a49ee329285ad1e7','reference/0001.png','bac141e5c2c8243a6abbec53106b0606af4e178de1c66b369d0c00f7e1dea289');
INSERT INTO "inputs" VALUES('2811787a3f2e4bc6a49ee329285ad1e7','reference/0002.png','bac141e5c2c8243a6abbec53106b0606af4e178de1c66b369d0c00f7e1dea289');
INSERT INTO "inputs" VALUES('2811787a3f2e4bc6a49ee329285ad1e7','reference/0003.png','bac141e5c2c8243a6abbec53106b0606af4e178de1c66b369d0c00f7e1dea289');
INSERT INTO "inputs" VALUES('2811787a3f2e4bc6a49ee329285ad1e7','reference/0004.png','bac141e5c2c8243a6abbec53106b0606af4e178de1c66b369d0c00f7e1dea289');
INSERT INTO "inputs" VALUES('2811787a3f2e4bc6a49ee329285ad1e7','reference/0005.png','bac141e5c2c8243a6abbec53106b0606af4e178de1c66b369d0c00f7e1dea289');
INSERT INTO "inputs" VALUES('2811787a3f2e4bc6a49ee329285ad1e7','reference/0006.png','bac141e5c2c8243a6abbec53106b0606af4e178de1c66b369d0c00f7e1dea289');
INSERT INTO "inputs" VALUES('2811787a3f2e4bc6a49ee329285ad1e7','reference/0007.png','bac141e5c2c8243a6abbec53106b0606af4e178de1c66b369d0c00f7e1dea289');
INSERT INTO "inputs" VALUES('2811787a3f2e4bc6a49ee329285ad1e7','reference/0008.png','bac141e5c2c8243a6abbec53106b0606af4e178de1c66b369d0c00f7e1dea289');
INSERT INTO "inputs" VALUES('2811787a3f2e4bc6a49ee329285ad1e7','reference/0009.png','bac141e5c2c8243a6abbec53106b0606af4e178de1c66b369d0c00f7e1dea289');
INSERT INTO "inputs" VALUES('2811787a3f2e4bc6a49ee329285ad1e7','reference/0010.png','bac141e5c2c8243a6abbec53106b0606af4e178de1c66b369d0c00f7e1dea289');
INSERT INTO "inputs" VALUES('2811787a3f2e4bc6a49ee329285ad1e7','reference/0011.png','bac141e5c2c8243a6abbec53106b0606af4e178de1c66b369d0c00f7e1dea289');
INSERT INTO "inputs" VALUES('2811787a3f2e4bc6a49ee329285ad1e7','reference/0012.png','bac141e5c2c8243a6abbec53106b0606af4e178de1c66b369d0c00f7e1dea289');
INSERT INTO "inputs" VALUES('2811787a3f2e4bc6a49ee329285ad1e7','reference/0013.png','bac141e5c2c8243a6abbec53106b0606af4e178de1c66b369d0c00f7e1dea289');
INSERT INTO "inputs" VALUES('2811787a3f2e4bc6a49ee329285ad1e7','reference/0014.png','bac141e5c2c8243a6abbec53106b0606af4e178de1c66b369d0c00f7e1dea289');
CREATE TABLE jobs (
        id TEXT PRIMARY KEY,
        user TEXT NOT NULL REFERENCES users(id),
        key TEXT NOT NULL,          -- Idempotency-Key
        body TEXT NOT NULL,         -- sha256 of what was sent with it
        request TEXT NOT NULL,      -- request.json
        name TEXT NOT NULL,
        task TEXT NOT NULL,
        model TEXT NOT NULL,
        work TEXT NOT NULL,         -- the same for jobs with the same result
        state TEXT NOT NULL CHECK (state IN ('queued','running','done','failed','cancelled')),
        epoch INTEGER NOT NULL DEFAULT 0,    -- number of the attempt; fences older ones
        handle TEXT,                -- the executor's, of this attempt
        stalled INTEGER NOT NULL DEFAULT 0,  -- attempts in a row without progress
        progress INTEGER NOT NULL DEFAULT 0, -- most learning steps that are on the disk
        offset INTEGER NOT NULL DEFAULT 0,   -- bytes of events.jsonl that are in `events`
        runner_seq INTEGER NOT NULL DEFAULT 0,
        seq INTEGER NOT NULL DEFAULT 0,
        cancel INTEGER NOT NULL DEFAULT 0,
        created REAL NOT NULL,
        not_before REAL NOT NULL DEFAULT 0,
        started REAL,
        finished REAL,
        seconds_left REAL,          -- as the runner last said
        output_bytes INTEGER NOT NULL DEFAULT 0,
        UNIQUE (user, key)
    ) STRICT;
INSERT INTO "jobs" VALUES('2811787a3f2e4bc6a49ee329285ad1e7','c1515dadeb1d4b39bc82f91d591c971c','a85605503a7944ac8127290030d728f4','706281a37544920a7945eb373d4e11161c327037885ee656571cb58be2911e3f','{"protocol":3,"job":"a85605503a7944ac8127290030d728f4","task":"learn+apply","name":"finish","settings":{"model":"draft","num_frames":14,"width":128,"height":128,"inversion":{"tokens_per_frame":2,"iterations":60,"learning_rate":0.02,"batch_size":1,"p_mean":4.0,"p_std":0.4,"init_noise_std":0.1,"token_init":"image_embeddings","per_frame":true,"augmentation":{"enabled":true,"crop_scale_min":0.8,"horizontal_flip":false,"brightness":0.2,"contrast":0.2,"saturation":0.2,"hue":0.05,"variants":16},"learning_rate_decay":"none","reconstruct":true,"precision":"auto","checkpoint_every":10,"seed":7},"sampling":{"num_inference_steps":1,"min_guidance_scale":1.0,"max_guidance_scale":1.0,"appearance":"target","framing":"subject","attention":false,"takes":1,"fps":7,"motion_bucket_id":127,"noise_aug_strength":0.0,"decode_chunk_size":0,"hold_still":0.0,"seed":0}},"inputs":{"reference/0001.png":"bac141e5c2c8243a6abbec53106b0606af4e178de1c66b369d0c00f7e1dea289","reference/0002.png":"bac141e5c2c8243a6abbec53106b0606af4e178de1c66b369d0c00f7e1dea289","reference/0003.png":"bac141e5c2c8243a6abbec53106b0606af4e178de1c66b369d0c00f7e1dea289","reference/0004.png":"bac141e5c2c8243a6abbec53106b0606af4e178de1c66b369d0c00f7e1dea289","reference/0005.png":"bac141e5c2c8243a6abbec53106b0606af4e178de1c66b369d0c00f7e1dea289","reference/0006.png":"bac141e5c2c8243a6abbec53106b0606af4e178de1c66b369d0c00f7e1dea289","reference/0007.png":"bac141e5c2c8243a6abbec53106b0606af4e178de1c66b369d0c00f7e1dea289","reference/0008.png":"bac141e5c2c8243a6abbec53106b0606af4e178de1c66b369d0c00f7e1dea289","reference/0009.png":"bac141e5c2c8243a6abbec53106b0606af4e178de1c66b369d0c00f7e1dea289","reference/0010.png":"bac141e5c2c8243a6abbec53106b0606af4e178de1c66b369d0c00f7e1dea289","reference/0011.png":"bac141e5c2c8243a6abbec53106b0606af4e178de1c66b369d0c00f7e1dea289","reference/0012.png":"bac141e5c2c8243a6abbec53106b0606af4e178de1c66b369d0c00f7e1dea289","reference/0013.png":"bac141e5c2c8243a6abbec53106b0606af4e178de1c66b369d0c00f7e1dea289","reference/0014.png":"bac141e5c2c8243a6abbec53106b0606af4e178de1c66b369d0c00f7e1dea289","target.png":"a72898c6f411681d5edbeb32e287666e19edc61691d005d65080cf85a4c1633a"},"reference_frames":14,"references":1,"targets":1,"capture":{"fps":24.0,"frame_start":1,"frame_end":48,"size":[640,480],"flip_safe":true},"edit":{"mode":"one","seam":0.2,"parts":[{"strength":1.0,"start":0.0,"end":1.0,"speed":1.0,"reverse":false,"after_end":"hold","weight":1.0}]}}','finish','learn+apply','draft','e4dbaa8bf7826963ebc1e199e27ab5735ce69d010d35edcc3aee814cda093d22','done',1,NULL,0,20,3039,22,22,0,1.79599404101424765583e+09,0.0,1.79599404102125072475e+09,1.79599404161129260065e+09,NULL,2689);
INSERT INTO "jobs" VALUES('15ed7fb0a3f64410abf6f587cd15b446','e53dc3633de440f6b0ff47a8818c41e2','5b612c44622e48c69bb41bfaba0336ee','3993734f1fd6e4d0581d8c6c450c742f5921390ad91d6a927fa1b81d48b399c0','{"protocol":3,"job":"5b612c44622e48c69bb41bfaba0336ee","task":"learn","name":"finish again","settings":{"model":"draft","num_frames":14,"width":128,"height":128,"inversion":{"tokens_per_frame":2,"iterations":60,"learning_rate":0.02,"batch_size":1,"p_mean":4.0,"p_std":0.4,"init_noise_std":0.1,"token_init":"image_embeddings","per_frame":true,"augmentation":{"enabled":true,"crop_scale_min":0.8,"horizontal_flip":false,"brightness":0.2,"contrast":0.2,"saturation":0.2,"hue":0.05,"variants":16},"learning_rate_decay":"none","reconstruct":true,"precision":"auto","checkpoint_every":10,"seed":8},"sampling":{"num_inference_steps":1,"min_guidance_scale":1.0,"max_guidance_scale":1.0,"appearance":"target","framing":"subject","attention":false,"takes":1,"fps":7,"motion_bucket_id":127,"noise_aug_strength":0.0,"decode_chunk_size":0,"hold_still":0.0,"seed":0}},"inputs":{"reference/0001.png":"bac141e5c2c8243a6abbec53106b0606af4e178de1c66b369d0c00f7e1dea289","reference/0002.png":"bac141e5c2c8243a6abbec53106b0606af4e178de1c66b369d0c00f7e1dea289","reference/0003.png":"bac141e5c2c8243a6abbec53106b0606af4e178de1c66b369d0c00f7e1dea289","reference/0004.png":"bac141e5c2c8243a6abbec53106b0606af4e178de1c66b369d0c00f7e1dea289","reference/0005.png":"bac141e5c2c8243a6abbec53106b0606af4e178de1c66b369d0c00f7e1dea289","reference/0006.png":"bac141e5c2c8243a6abbec53106b0606af4e178de1c66b369d0c00f7e1dea289","reference/0007.png":"bac141e5c2c8243a6abbec53106b0606af4e178de1c66b369d0c00f7e1dea289","reference/0008.png":"bac141e5c2c8243a6abbec53106b0606af4e178de1c66b369d0c00f7e1dea289","reference/0009.png":"bac141e5c2c8243a6abbec53106b0606af4e178de1c66b369d0c00f7e1dea289","reference/0010.png":"bac141e5c2c8243a6abbec53106b0606af4e178de1c66b369d0c00f7e1dea289","reference/0011.png":"bac141e5c2c8243a6abbec53106b0606af4e178de1c66b369d0c00f7e1dea289","reference/0012.png":"bac141e5c2c8243a6abbec53106b0606af4e178de1c66b369d0c00f7e1dea289","reference/0013.png":"bac141e5c2c8243a6abbec53106b0606af4e178de1c66b369d0c00f7e1dea289","reference/0014.png":"bac141e5c2c8243a6abbec53106b0606af4e178de1c66b369d0c00f7e1dea289"},"reference_frames":14,"references":1,"targets":0,"capture":{"fps":24.0,"frame_start":1,"frame_end":48,"size":[640,480],"flip_safe":true},"edit":{"mode":"one","seam":0.2,"parts":[{"strength":1.0,"start":0.0,"end":1.0,"speed":1.0,"reverse":false,"after_end":"hold","weight":1.0}]}}','finish again','learn','draft','153bcbbfa6c0c5bebd16403b2895e96355adb99480e301e234ac39e3517a8149','done',1,NULL,0,20,2947,22,22,0,1.79599404173993492123e+09,0.0,1.79599404174138665198e+09,1.79599404230134940142e+09,NULL,8);
CREATE TABLE motions (
        id TEXT PRIMARY KEY,
        user TEXT NOT NULL REFERENCES users(id),
        motion TEXT NOT NULL UNIQUE,  -- the preset's own id and files, hashed
        sha256 TEXT NOT NULL,         -- of the .motion file
        bytes INTEGER NOT NULL,
        folder TEXT NOT NULL,
        name TEXT NOT NULL,
        kind TEXT NOT NULL,
        tags TEXT NOT NULL,           -- JSON
        author TEXT NOT NULL,
        engines TEXT NOT NULL,        -- JSON
        searched TEXT NOT NULL,       -- what a search looks at, in lower case
        published REAL NOT NULL
    ) STRICT;
CREATE TABLE results (
        work TEXT PRIMARY KEY,
        result TEXT NOT NULL,       -- of the event `done`
        model TEXT NOT NULL,
        versions TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
INSERT INTO "results" VALUES('153bcbbfa6c0c5bebd16403b2895e96355adb99480e301e234ac39e3517a8149','{"frames": 14, "takes": [], "seconds": {"load": 1.0, "learn": 40.0, "apply": 6.0}, "iterations": 60, "warning": ""}','draft','{"python": "3.11.7"}');
INSERT INTO "results" VALUES('e4dbaa8bf7826963ebc1e199e27ab5735ce69d010d35edcc3aee814cda093d22','{"frames": 14, "takes": [{"target": 1, "seed": 0, "score": null, "frames_dir": "output/frames", "sheet": "output/sheets/01.png"}], "seconds": {"load": 1.0, "learn": 40.0, "apply": 6.0}, "iterations": 60, "warning": ""}','draft','{"python": "3.11.7"}');
CREATE TABLE tokens (
        id INTEGER PRIMARY KEY,
        user TEXT NOT NULL REFERENCES users(id),
        hash BLOB NOT NULL UNIQUE,
        created REAL NOT NULL,
        expires REAL NOT NULL,
        revoked REAL
    ) STRICT;
INSERT INTO "tokens" VALUES(1,'c1515dadeb1d4b39bc82f91d591c971c',X'40A786F51FCB2A0C8E3CF770E0848ABC7F92C6A4F901F6E200C2BDC2FB873BF2',1.79599404077428603169e+09,1.79608044077428627015e+09,NULL);
INSERT INTO "tokens" VALUES(2,'e53dc3633de440f6b0ff47a8818c41e2',X'39A71DD800ACF115F41AD3C79B7CFE0A3C00764395CD1CE24CF4A751DDBAC8CC',1.79599404078600955012e+09,1.79608044078600978844e+09,NULL);
CREATE TABLE users (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        admin INTEGER NOT NULL,
        created REAL NOT NULL,
        queued_limit INTEGER,      -- NULL: the server's default
        stored_limit INTEGER,
        last_started REAL NOT NULL DEFAULT 0
    ) STRICT;
INSERT INTO "users" VALUES('c1515dadeb1d4b39bc82f91d591c971c','anna',0,1795994040.77399,NULL,NULL,1.79599404102138781548e+09);
INSERT INTO "users" VALUES('e53dc3633de440f6b0ff47a8818c41e2','ben',1,1.79599404078572297098e+09,NULL,NULL,1.79599404174145770071e+09);
CREATE INDEX blobs_of_all ON blobs (sha256);
CREATE INDEX jobs_unfinished ON jobs (state) WHERE state IN ('queued','running');
CREATE INDEX jobs_by_work ON jobs (work);
CREATE INDEX jobs_finished ON jobs (finished);
CREATE INDEX inputs_by_blob ON inputs (sha256);
COMMIT;
